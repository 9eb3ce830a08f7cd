//! The bounds that every length is checked against before memory is taken for it.

/// What one side of a connection allows. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest frame, header and payload together. Default: 16 MiB.
    pub frame_bytes: usize,
    /// How much may be queued towards one peer before it counts as full. Default: 64 MiB.
    pub queue_bytes: usize,
    /// How many calls one process may have outstanding. Default: 262,144.
    pub calls: u32,
}

impl Limits {
    /// The longest process or callback name, in bytes.
    pub const NAME_BYTES: usize = 255;
    /// The longest docs of a callback, in bytes.
    pub const DOCS_BYTES: usize = 4 * 1024;
    /// The longest signature of a callback, in bytes.
    pub const SIGNATURE_BYTES: usize = 1024 * 1024;
    /// The most that one process offers: names, types and docs together, in bytes.
    pub const OFFER_BYTES: usize = 16 * 1024 * 1024;
    /// The most callbacks that one process offers.
    pub const CALLBACKS: usize = 16 * 1024;
    /// The most that can be the largest frame, in bytes.
    pub const MOST_FRAME_BYTES: u64 = 1 << 30;
    /// The largest frame of a handshake from the controller, in bytes.
    pub const HANDSHAKE_BYTES: usize = 64 * 1024;
    /// All that a node may say before it is let in, in bytes.
    pub const UNPROVEN_BYTES: usize = 16 * 1024;
    /// The most extensions of one greeting.
    pub const EXTENSIONS: usize = 64;
    /// The most attributes that a process says of itself.
    pub const ATTRIBUTES: usize = 8;
    /// The most that these have: keys and values together, in bytes.
    pub const ATTRIBUTE_BYTES: usize = 1024;
    /// The most metadata of one call: keys and values together, in bytes.
    pub const METADATA_BYTES: usize = 8 * 1024;
    /// The most processes that one call names.
    pub const RECEIVERS: usize = 1024;
    /// The most words of one error, its causes included, in bytes, if a frame is not smaller. They stand in the header, which whoever
    /// passes it on copies.
    pub const WORDS_BYTES: usize = 1024 * 1024;
    /// The most causes of one error that travel as words.
    pub const CAUSES: usize = 32;
    /// The most calls that wait one for the other of which a controller keeps account. What is beyond is not known.
    pub const ANCESTORS: usize = 64;
    /// The most calls that a controller gives one process at the same time, whatever the process says.
    pub const RUNS: u32 = 1 << 18;
    /// How many calls wait for a callback whose provider does not say how many may.
    pub const QUEUE: u32 = 1000;
    /// The most versions of a callback that a call names, and of which its caller is told.
    pub const COMPATIBLE: usize = 8;
    /// How many signatures a mismatch tells beside the one that comes closest.
    pub const OTHERS: usize = Self::COMPATIBLE - 1;
    /// The most ways of offering one callback that are told to who asks for it.
    pub const VERSIONS: usize = 32;
    /// The most instants that a schedule names.
    pub const INSTANTS: usize = 1000;
    /// The most that a schedule calls with: its arguments and metadata, in bytes.
    pub const SCHEDULED_BYTES: usize = 256 * 1024;
    /// The deepest nesting of a value whose type is recursive.
    pub const DEPTH: usize = 128;
}

impl Limits {
    /// How much of something one may have that many share: four times what is left of it. So one alone gets four fifths, and
    /// however many take all that they can get, something is left for the next.
    #[must_use]
    pub const fn share(used: u64, limit: u64) -> u64 {
        limit.saturating_sub(used).saturating_mul(4)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 16 * 1024 * 1024,
            queue_bytes: 64 * 1024 * 1024,
            calls: 1 << 18,
        }
    }
}
