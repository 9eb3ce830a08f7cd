//! The ciphers of TLS 1.3, which take what they seal from where it is, and leave what they open where it belongs.
//!
//! rustls decides: it counts records, changes keys, and knows what is TLS's own. But on its way through rustls each record would be moved three
//! times when it comes, in pieces of 4 KiB, and twice when it goes, which costs more than to open it. So rustls is given the *outline* of a record:
//! one byte as the content of a long one that has come, and a record without content for each that goes. The cipher, which it calls for that, has the
//! record itself at hand, which it opens to the end of what was opened before, and so what is checked (order, length, what is in it) is checked of the record.
//!
//! **Invariant:** what lies at hand lies there for one call into rustls, of one connection, on one thread; and whatever becomes of that call, nothing is left there. What was not opened is never
//! given to anybody.

use std::cell::Cell;
use std::mem;
use std::ops::Range;
use std::sync::LazyLock;

#[cfg(feature = "tls-aws-lc")]
use aws_lc_rs::aead;
use bytes::BytesMut;
#[cfg(not(feature = "tls-aws-lc"))]
use ring::aead;
#[cfg(feature = "tls-aws-lc")]
use rustls::crypto::aws_lc_rs::cipher_suite;
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter, Nonce,
    OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm,
    UnsupportedOperationError, make_tls13_aad,
};
#[cfg(not(feature = "tls-aws-lc"))]
use rustls::crypto::ring::cipher_suite;
use rustls::{
    CipherSuiteCommon, ConnectionTrafficSecrets, ContentType, Error, InvalidMessage, ProtocolVersion,
    SupportedCipherSuite, Tls13CipherSuite,
};

/// What is in front of a record: what it is (1), the version (2), how many bytes follow (2).
pub(in crate::transport) const HEADER_BYTES: usize = 5;

/// What a record holds, at most, without what its sealing adds.
pub(in crate::transport) const RECORD_BYTES: usize = 16 * 1024;

thread_local! {
    /// Where records go that are sealed.
    static SEALED: Cell<Option<Vec<u8>>> = const { Cell::new(None) };
    /// A record that is to be opened, or was.
    static AT_HAND: Cell<Option<AtHand>> = const { Cell::new(None) };
}

/// A record where it was received, without its header, and where its content belongs: in front of that.
struct AtHand {
    bytes: BytesMut,
    record: Range<usize>,
    to: usize,
    /// How long its content is, once it is opened.
    content: usize,
}

/// The cipher suites, AES-128 first: it takes fewer rounds, and nobody can break it either.
pub(super) fn suites() -> impl Iterator<Item = SupportedCipherSuite> {
    static SUITES: LazyLock<Vec<Tls13CipherSuite>> = LazyLock::new(|| {
        let ours = [
            (cipher_suite::TLS13_AES_128_GCM_SHA256, &AES_128),
            (cipher_suite::TLS13_AES_256_GCM_SHA384, &AES_256),
            (cipher_suite::TLS13_CHACHA20_POLY1305_SHA256, &CHACHA20),
        ];
        let made = ours
            .into_iter()
            .filter_map(|(suite, cipher): (SupportedCipherSuite, &'static Cipher)| {
                let suite = suite.tls13()?;
                Some(Tls13CipherSuite {
                    common: CipherSuiteCommon {
                        suite: suite.common.suite,
                        hash_provider: suite.common.hash_provider,
                        // After so many records rustls changes the key.
                        confidentiality_limit: suite.common.confidentiality_limit,
                    },
                    hkdf_provider: suite.hkdf_provider,
                    aead_alg: cipher,
                    quic: None,
                })
            });
        made.collect()
    });
    SUITES.iter().map(SupportedCipherSuite::Tls13)
}

/// Does what has rustls seal something: the records are added to `records`, and rustls has one without content for each.
pub(super) fn sealing<T>(records: &mut Vec<u8>, seal: impl FnOnce() -> T) -> T {
    let is_ready = SEALED.try_with(|place| place.set(Some(mem::take(records))));
    // A thread that ends has none any more.
    if is_ready.is_err() {
        return seal();
    }
    let back = Back;
    let done = seal();
    *records = SEALED.take().unwrap_or_default();
    drop(back);
    done
}

/// Does what has rustls open the outline of a `record`, which lies in `bytes` without its header. What was in it lies at `to` then, and is as
/// long as is answered.
pub(super) fn opening<T>(
    bytes: &mut BytesMut,
    record: Range<usize>,
    to: usize,
    open: impl FnOnce() -> T,
) -> (T, usize) {
    AT_HAND.set(Some(AtHand {
        bytes: mem::take(bytes),
        record,
        to,
        content: 0,
    }));
    let back = Back;
    let done = open();
    let mut content = 0;
    if let Some(at_hand) = AT_HAND.take() {
        *bytes = at_hand.bytes;
        content = at_hand.content;
    }
    drop(back);
    (done, content)
}

/// Leaves nothing at hand, also where rustls panics.
struct Back;

impl Drop for Back {
    fn drop(&mut self) {
        let _ = SEALED.try_with(Cell::take);
        let _ = AT_HAND.try_with(Cell::take);
    }
}

/// A cipher.
struct Cipher(&'static aead::Algorithm);

static AES_128: Cipher = Cipher(&aead::AES_128_GCM);
static AES_256: Cipher = Cipher(&aead::AES_256_GCM);
static CHACHA20: Cipher = Cipher(&aead::CHACHA20_POLY1305);

impl Cipher {
    fn keyed(&self, key: &AeadKey, iv: Iv) -> Keyed {
        let key = aead::UnboundKey::new(self.0, key.as_ref())
            .expect("rustls makes keys of the length that is asked for");
        Keyed {
            key: aead::LessSafeKey::new(key),
            iv,
        }
    }
}

impl Tls13AeadAlgorithm for Cipher {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(self.keyed(&key, iv))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(self.keyed(&key, iv))
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn extract_keys(&self, _: AeadKey, _: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        // Nobody else needs them.
        Err(UnsupportedOperationError)
    }
}

/// A cipher with the key of one direction.
struct Keyed {
    key: aead::LessSafeKey,
    iv: Iv,
}

impl Keyed {
    fn nonce(&self, seq: u64) -> aead::Nonce {
        aead::Nonce::assume_unique_for_key(Nonce::new(&self.iv, seq).0)
    }

    /// Seals what `bytes` have from `at` on.
    fn seal(&self, bytes: &mut Vec<u8>, at: usize, seq: u64) -> Result<(), Error> {
        let length = bytes.len() - at + self.key.algorithm().tag_len();
        let aad = aead::Aad::from(make_tls13_aad(length));
        let tag = self
            .key
            .seal_in_place_separate_tag(self.nonce(seq), aad, &mut bytes[at..]);
        bytes.extend_from_slice(tag.map_err(|_| Error::EncryptError)?.as_ref());
        Ok(())
    }

    /// Opens the record that is in `bytes` from `at` on, to where these begin; answers how long that is which was in it, with what it is and
    /// what it was made longer with.
    fn open(&self, bytes: &mut [u8], at: usize, seq: u64) -> Result<usize, Error> {
        let length = bytes.len() - at;
        if length < self.key.algorithm().tag_len() {
            return Err(Error::DecryptError);
        }
        let aad = aead::Aad::from(make_tls13_aad(length));
        let opened = self.key.open_within(self.nonce(seq), aad, bytes, at..);
        opened.map(|opened| opened.len()).map_err(|_| Error::DecryptError)
    }

    /// Opens what is at hand; answers how many bytes were in it.
    fn open_at_hand(&self, at_hand: &mut AtHand, seq: u64) -> Result<usize, Error> {
        let AtHand {
            bytes, record, to, ..
        } = at_hand;
        let length = self.open(&mut bytes[*to..record.end], record.start - *to, seq)?;
        if length > RECORD_BYTES + 1 {
            return Err(Error::PeerSentOversizedRecord);
        }
        // The last byte that is not zero says what it is.
        let opened = &bytes[*to..*to + length];
        let content = opened.iter().rposition(|byte| *byte != 0);
        let Some(content) =
            content.filter(|content| ContentType::from(opened[*content]) == ContentType::ApplicationData)
        else {
            // What is TLS's own is short.
            return Err(Error::InvalidMessage(InvalidMessage::InvalidContentType));
        };
        at_hand.content = content;
        Ok(content)
    }
}

impl MessageEncrypter for Keyed {
    fn encrypt(&mut self, msg: OutboundPlainMessage<'_>, seq: u64) -> Result<OutboundOpaqueMessage, Error> {
        let length = self.encrypted_payload_len(msg.payload.len());
        let kind = [u8::from(msg.typ)];
        let payload = match SEALED.try_with(Cell::take).ok().flatten() {
            Some(mut records) => {
                records.extend_from_slice(&make_tls13_aad(length));
                let at = records.len();
                msg.payload.copy_to_vec(&mut records);
                records.extend_from_slice(&kind);
                let sealed = self.seal(&mut records, at, seq);
                SEALED.set(Some(records));
                sealed?;
                PrefixedPayload::with_capacity(0)
            }
            None => {
                let mut sealed = Vec::with_capacity(length);
                msg.payload.copy_to_vec(&mut sealed);
                sealed.extend_from_slice(&kind);
                self.seal(&mut sealed, 0, seq)?;
                PrefixedPayload::from(&sealed[..])
            }
        };
        Ok(OutboundOpaqueMessage::new(
            ContentType::ApplicationData,
            // As all records of TLS 1.3 say.
            ProtocolVersion::TLSv1_2,
            payload,
        ))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        payload_len + 1 + self.key.algorithm().tag_len()
    }
}

impl MessageDecrypter for Keyed {
    fn decrypt<'a>(
        &mut self,
        mut msg: InboundOpaqueMessage<'a>,
        seq: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let Some(mut at_hand) = AT_HAND.try_with(Cell::take).ok().flatten() else {
            let length = self.open(&mut msg.payload, 0, seq)?;
            msg.payload.truncate(length);
            return msg.into_tls13_unpadded_message();
        };
        let opened = self.open_at_hand(&mut at_hand, seq);
        AT_HAND.set(Some(at_hand));
        // rustls ends a connection that brings nothing again and again.
        msg.payload.truncate(opened?.min(1));
        msg.typ = ContentType::ApplicationData;
        msg.version = ProtocolVersion::TLSv1_3;
        Ok(msg.into_plain_message())
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::cipher::OutboundChunks;

    use super::*;

    fn keyed() -> Keyed {
        AES_256.keyed(&AeadKey::from([7; 32]), Iv::from([9; 12]))
    }

    /// What is opened of a record that was sealed with such a content, its kind and what it was made longer with, as the first of its key.
    /// It lies behind what was opened before, and behind something else.
    fn opened(content: &[u8]) -> (Result<usize, Error>, Vec<u8>) {
        let mut record = content.to_vec();
        keyed().seal(&mut record, 0, 0).unwrap();
        let front = b"before, header";
        let mut bytes = BytesMut::from(&[&front[..], &record, b"behind"].concat()[..]);
        let at = front.len()..front.len() + record.len();
        let mut outline = [0];
        let (outcome, content) = opening(&mut bytes, at.clone(), 6, || {
            let given = InboundOpaqueMessage::new(
                ContentType::ApplicationData,
                ProtocolVersion::TLSv1_2,
                &mut outline,
            );
            keyed().decrypt(given, 0).map(|message| message.payload.len())
        });
        assert!(bytes.starts_with(b"before") && &bytes[at.end..] == b"behind");
        (outcome, bytes[6..6 + content].to_vec())
    }

    #[test]
    fn what_a_record_was_made_longer_with_is_taken_off() {
        let mut content = vec![3; 3000];
        content.push(0x17);
        content.resize(5000, 0);
        assert_eq!(opened(&content), (Ok(1), vec![3; 3000]));
        // One with nothing in it is nothing to rustls, too, which counts those.
        let mut content = vec![0x17];
        content.resize(5000, 0);
        assert_eq!(opened(&content), (Ok(0), Vec::new()));
    }

    #[test]
    fn what_is_no_data_or_too_long_is_a_fault_and_given_to_nobody() {
        let longest = RECORD_BYTES;
        for (length, kind, padding, is_data) in [
            (longest, 0x17, 0, true),
            (longest + 1, 0x17, 0, false),
            (longest, 0x17, 1, false),
            (3000, 0x16, 0, false),
            (3000, 0x15, 9, false),
            (3000, 0x14, 0, false),
            (0, 0, 3000, false),
        ] {
            let mut content = vec![3; length];
            content.push(kind);
            content.resize(length + 1 + padding, 0);
            let (outcome, plain) = opened(&content);
            assert_eq!(outcome.is_ok(), is_data, "{length} {kind} {padding}");
            assert_eq!(plain.len(), if is_data { length } else { 0 });
        }
    }

    #[test]
    fn nothing_is_left_at_hand_whatever_becomes_of_a_call() {
        let mut bytes = BytesMut::from(&b"before a record"[..]);
        let ((), content) = opening(&mut bytes, 7..15, 6, || {});
        assert_eq!(
            (&bytes[..], content),
            (&b"before a record"[..], 0),
            "nobody has opened it"
        );
        let panicked = std::panic::catch_unwind(|| {
            opening(&mut BytesMut::from(&b"a record"[..]), 0..8, 0, || {
                panic!("as rustls may")
            });
        });
        assert!(panicked.is_err() && AT_HAND.take().is_none());
        let panicked = std::panic::catch_unwind(|| sealing(&mut Vec::new(), || panic!("as rustls may")));
        assert!(panicked.is_err() && SEALED.take().is_none());
    }

    #[test]
    fn records_are_sealed_in_their_place_or_by_themselves_alike() {
        let seal = |records: Option<&mut Vec<u8>>| {
            let message = OutboundPlainMessage {
                typ: ContentType::ApplicationData,
                version: ProtocolVersion::TLSv1_2,
                payload: OutboundChunks::from(&b"some words"[..]),
            };
            let seal = || keyed().encrypt(message, 3).unwrap().encode();
            match records {
                Some(records) => sealing(records, seal),
                None => seal(),
            }
        };
        let mut records = b"before".to_vec();
        assert_eq!(seal(Some(&mut records)), [0x17, 3, 3, 0, 0]);
        assert_eq!(records[6..], seal(None));
    }
}
