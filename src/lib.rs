//! daffi.
