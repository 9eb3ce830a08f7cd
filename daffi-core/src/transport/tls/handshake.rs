//! The handshake of TLS on a socket, before anything else is said on it. Bounded in bytes; whoever calls it bounds it in time.

use std::io;
use std::net::Shutdown;

use bytes::{Buf as _, BytesMut};
use rustls::Connection;
use tokio::net::TcpStream;

use super::super::fault::ConnectError;
use super::super::fault::{TlsFault, TlsSide};
use super::super::first::{First, refusal};
use super::judge::Judge;
use super::outline::Outline;
use crate::proto::{Limits, Refusal};

/// So much is read at once.
const READ_BYTES: usize = 4 * 1024;

/// So much a controller may send before the handshake is over: its certificates are a part of it.
const CONTROLLER_BYTES: usize = 64 * 1024;

/// So much of a refusal is read.
const REFUSAL_BYTES: usize = 4 * 1024;

/// What has come of the other side in a handshake.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// How many bytes.
    pub(super) bytes: usize,
    /// How far they are in a record.
    pub(super) outline: Outline,
}

/// Speaks TLS with the other side until both know each other, or until one does not want to.
pub(super) async fn shake(
    stream: &TcpStream,
    connection: &mut Connection,
    judge: Judge,
) -> Result<Heard, ConnectError> {
    let met = meet(stream, connection, judge).await;
    match &met {
        Ok(_) | Err(ConnectError::Io(_)) => {}
        // The other side is told why.
        Err(ConnectError::Tls(TlsFault::Plain)) => {
            let words = refusal(&Refusal::Tls);
            let _ = write_all(stream, &words).await;
            part(stream).await;
        }
        Err(ConnectError::Tls(TlsFault::NotTls { .. } | TlsFault::TooMuch { .. }))
        | Err(ConnectError::Refused(_)) => {}
        Err(ConnectError::Tls(_)) => {
            let _ = flush(stream, connection).await;
            part(stream).await;
        }
    }
    met
}

/// Ends the connection so that what was written arrives: a socket that is closed with bytes unread takes that back.
async fn part(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).shutdown(Shutdown::Write);
    let mut left = CONTROLLER_BYTES;
    let mut bytes = [0; READ_BYTES];
    while let Ok(read @ 1..) = read(stream, &mut bytes).await {
        left = left.saturating_sub(read);
        if left == 0 {
            return;
        }
    }
}

async fn meet(stream: &TcpStream, connection: &mut Connection, judge: Judge) -> Result<Heard, ConnectError> {
    let peer = judge.peer;
    let limit = match peer {
        TlsSide::Node => Limits::UNPROVEN_BYTES,
        TlsSide::Controller => CONTROLLER_BYTES,
    };
    let mut received = 0;
    let mut outline = Outline::default();
    let mut bytes = BytesMut::new();
    let mut is_tls = false;
    loop {
        flush(stream, connection).await?;
        if !connection.is_handshaking() {
            return Ok(Heard {
                bytes: received,
                outline,
            });
        }
        bytes.resize(READ_BYTES.min(limit - received), 0);
        let read = read(stream, &mut bytes).await?;
        if read == 0 && received == 0 && peer == TlsSide::Node {
            // Somebody has looked whether anybody listens.
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if read == 0 {
            return Err(TlsFault::Ended { by: peer }.into());
        }
        bytes.truncate(read);
        received += read;
        if !is_tls {
            look(stream, &mut bytes, peer).await?;
            received = bytes.len();
            is_tls = true;
        }
        while !bytes.is_empty() {
            let record = outline.pass(&bytes);
            let mut some = &bytes[..record];
            let broken = |error: io::Error| TlsFault::Protocol {
                with: peer,
                reason: error.to_string(),
            };
            while !some.is_empty() {
                if connection.read_tls(&mut some).map_err(broken)? == 0 {
                    return Err(TlsFault::Ended { by: peer }.into());
                }
                connection
                    .process_new_packets()
                    .map_err(|error| judge.fault(&error))?;
            }
            bytes.advance(record);
        }
        if received >= limit && connection.is_handshaking() {
            return Err(TlsFault::TooMuch { by: peer, limit }.into());
        }
    }
}

/// Whether it is TLS that begins so. Reads on until that is known.
async fn look(stream: &TcpStream, bytes: &mut BytesMut, peer: TlsSide) -> Result<(), ConnectError> {
    loop {
        match First::of(bytes) {
            First::Tls => return Ok(()),
            First::Stranger => return Err(TlsFault::NotTls { by: peer }.into()),
            First::Hello if peer == TlsSide::Node => return Err(TlsFault::Plain.into()),
            First::Refused(refusal) if peer == TlsSide::Controller => {
                return Err(ConnectError::Refused(refusal));
            }
            First::Hello | First::Refused(_) => return Err(TlsFault::NotTls { by: peer }.into()),
            First::Unclear if bytes.len() > REFUSAL_BYTES => return Err(TlsFault::NotTls { by: peer }.into()),
            First::Unclear => {
                let known = bytes.len();
                bytes.resize(known + READ_BYTES, 0);
                let read = read(stream, &mut bytes[known..]).await?;
                bytes.truncate(known + read);
                if read == 0 {
                    return Err(TlsFault::Ended { by: peer }.into());
                }
            }
        }
    }
}

async fn read(stream: &TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

/// Writes what the handshake has to say.
async fn flush(stream: &TcpStream, connection: &mut Connection) -> io::Result<()> {
    let mut records = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut records)?;
    }
    write_all(stream, &records).await
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
