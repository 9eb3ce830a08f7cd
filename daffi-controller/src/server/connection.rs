//! One connection of the controller, from its greeting to its end.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{Header, Hello, Limits, Refusal};
use daffi_core::transport::{Connection, Inlet, Outbox, ReadError, TlsFault};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::admitting::Ways;
use super::hub::Hub;
use crate::router::PeerId;

/// How long a peer may take to say who it is.
const GREETING: Duration = Duration::from_secs(10);

/// How long what is left may take to be written after the reader has seen the end.
const CLOSING: Duration = Duration::from_secs(1);

impl Hub {
    /// Serves one connection.
    pub(super) async fn serve(self: Arc<Self>, connection: Connection, tasks: TaskTracker) {
        let Connection {
            outbox,
            mut inlet,
            peer,
            channel,
        } = connection;
        inlet.set_frame_limit(Limits::HANDSHAKE_BYTES);
        let greeted = tokio::select! {
            greeted = timeout(GREETING, greeting(&mut inlet, &outbox)) => greeted,
            () = self.closing.cancelled() => return outbox.abort(),
        };
        let hello = match greeted {
            Ok(Ok(Some(hello))) => hello,
            // Somebody has looked whether anybody listens.
            Ok(Ok(None)) => {
                debug!(%peer, "a connection ended that said nothing");
                return outbox.abort();
            }
            Ok(Err(reason)) => {
                warn!(%peer, reason, "a connection is closed that does not speak the protocol");
                return outbox.abort();
            }
            Err(_) => {
                warn!(%peer, "a connection is closed that said nothing");
                return outbox.abort();
            }
        };
        inlet.set_frame_limit(self.limits().frame_bytes);
        let writer = {
            let outbox = Arc::clone(&outbox);
            tasks.spawn(async move { outbox.run().await })
        };
        let ways = Ways {
            outbox: &outbox,
            arrived: &inlet.arrived(),
            channel: &channel,
        };
        let admitted = self.admit(&hello, ways).await;
        // The rest of the greeting may be long, and is not kept as long as the connection.
        let Hello { process_name, .. } = hello;
        match admitted {
            Ok(process) => {
                info!(process_name, %peer, "process connected");
                if let Err(reason) = self.read(process, &mut inlet, &outbox).await {
                    warn!(process_name = self.process_name(process), %peer, reason, "a connection is cut off");
                    outbox.abort();
                }
                self.leave(process).await;
                info!(process_name, %peer, "process disconnected");
            }
            Err(refusal) => {
                let process_name = shortened(&process_name);
                info!(process_name, %peer, %refusal, "process refused");
            }
        }
        outbox.close();
        if timeout(CLOSING, writer).await.is_err() {
            outbox.abort();
        }
    }

    async fn read(&self, process: PeerId, inlet: &mut Inlet, outbox: &Arc<Outbox>) -> Result<(), String> {
        let mut frames = Vec::new();
        let mut outboxes = Vec::new();
        loop {
            frames.clear();
            // One that does not read what it asked for is not read either: its queue stays within its bound.
            poll_fn(|cx| outbox.poll_room(cx)).await;
            match inlet.read(&mut frames).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(ReadError::Io(error)) => {
                    if let Some(fault) =
                        TlsFault::of(&error).filter(|fault| !matches!(fault, TlsFault::CutOff { .. }))
                    {
                        return Err(fault.to_string());
                    }
                    debug!(%error, "a connection broke");
                    return Ok(());
                }
                Err(error) => return Err(error.to_string()),
            }
            let routed = self.route(process, &frames, &mut outboxes).await;
            if frames.len() > 1 {
                // Other connections that were read at the same time add theirs, and all is written at once.
                tokio::task::yield_now().await;
            }
            outboxes.drain(..).for_each(|outbox| outbox.flush());
            routed.map_err(|fault| fault.to_string())?;
        }
    }
}

/// A name that may be over the limit, as it is logged.
fn shortened(name: &str) -> &str {
    let end = name.char_indices().nth(Limits::NAME_BYTES);
    end.map_or(name, |(end, _)| &name[..end])
}

/// The first frame, which says who is there; nothing if the connection ends without a byte.
async fn greeting(inlet: &mut Inlet, outbox: &Outbox) -> Result<Option<Hello>, String> {
    let frame = match inlet.read_one().await {
        Ok(Some(frame)) => frame,
        Ok(None) if inlet.arrived().bytes() == 0 => return Ok(None),
        Ok(None) => return Err("it ended before its greeting was complete".to_owned()),
        Err(ReadError::Tls) => {
            // In plain words, which a node with TLS looks for. Whoever is gone needs none.
            let _ = outbox.send(&Header::Refused(Refusal::NoTls), &Bytes::new());
            outbox.flush();
            return Err("it uses TLS, and this controller does not".to_owned());
        }
        Err(error) => return Err(error.to_string()),
    };
    match frame.decode() {
        Ok((Header::Hello(hello), _)) => Ok(Some(hello)),
        Ok(_) => Err("its first frame is no greeting".to_owned()),
        Err(error) => Err(format!("its first frame is no greeting: {error}")),
    }
}
