//! As much of HTTP as the tests ask for: one question by connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Far longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

/// Asks for something at an address, as `127.0.0.1:3000`, with what stands in further lines of the head.
pub fn ask(address: &str, method: &str, path: &str, head: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut from = begin(address, method, path, head, body);
    let mut status = String::new();
    from.read_line(&mut status).unwrap();
    let mut length = None;
    loop {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = Some(said.trim().parse().unwrap());
        }
    }
    let mut body = Vec::new();
    from.take(length.unwrap_or(u64::MAX))
        .read_to_end(&mut body)
        .unwrap();
    Answer {
        status: status.split(' ').nth(1).unwrap().parse().unwrap(),
        body,
    }
}

/// Asks, and gives what comes, with its head, as it comes.
pub fn begin(
    address: &str,
    method: &str,
    path: &str,
    head: &[(&str, &str)],
    body: &[u8],
) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut question = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    if !head.iter().any(|(name, _)| *name == "Host") {
        question.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in head {
        question.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all((question + "\r\n").as_bytes()).unwrap();
    // It may have been refused by its head.
    let _ = stream.write_all(body);
    BufReader::new(stream)
}
