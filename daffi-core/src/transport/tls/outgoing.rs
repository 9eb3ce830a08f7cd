//! Records on their way out: side by side in one buffer, as many as one write takes.
//!
//! rustls makes a buffer for each record, and gives it back when the record is written. To take and give back memory by the write
//! costs more than to seal what is in it; so records are laid one after the other into a buffer that is used again, each as soon
//! as it is sealed.

use std::cell::Cell;
use std::io::{self, IoSlice, Write as _};
use std::mem;

use rustls::Connection;

/// What one record holds.
const RECORD_BYTES: usize = 16 * 1024;

thread_local! {
    /// A buffer for whoever writes on this thread. Connections hold none, however many there are, unless their socket is full.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What is to be written, and how far it is.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    records: Vec<u8>,
    written: usize,
}

impl Outgoing {
    /// Has `connection` seal one record at a time.
    pub(super) fn new(connection: &mut Connection) -> Self {
        connection.set_buffer_limit(Some(RECORD_BYTES));
        Self::default()
    }

    /// Adds a record of what `plain` begins with; answers how many bytes are in it.
    pub(super) fn seal(&mut self, connection: &mut Connection, plain: &[IoSlice<'_>]) -> io::Result<usize> {
        let sealed = connection.writer().write_vectored(plain)?;
        self.collect(connection)?;
        Ok(sealed)
    }

    /// Adds the records that `connection` has, also those that it makes by itself.
    pub(super) fn collect(&mut self, connection: &mut Connection) -> io::Result<()> {
        while connection.wants_write() {
            if self.records.capacity() == 0 {
                // A thread that ends has none any more.
                self.records = SPARE.try_with(Cell::take).unwrap_or_default();
            }
            connection.write_tls(&mut self.records)?;
        }
        Ok(())
    }

    /// Writes until nothing waits (`true`) or it would block (`false`).
    pub(super) fn write(
        &mut self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        while self.written < self.records.len() {
            match write(&[IoSlice::new(&self.records[self.written..])]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.give_back();
        Ok(true)
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.records.capacity()
    }

    fn give_back(&mut self) {
        self.written = 0;
        let mut spare = mem::take(&mut self.records);
        if spare.capacity() > 0 {
            spare.clear();
            let _ = SPARE.try_with(|place| place.set(spare));
        }
    }
}
