//! A key that signs, as `ring` makes it and `rcgen` asks for it.

use std::fmt::Write as _;

use pem::Pem;
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::error::Error;

const TAG: &str = "PRIVATE KEY";

/// A private key.
pub(crate) struct Key {
    pair: EcdsaKeyPair,
    /// The same, as it is written.
    pkcs8: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    pub(crate) fn generate() -> Result<Self, Error> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
        let pkcs8 = Zeroizing::new(made.map_err(|_| Error::Key)?.as_ref().to_vec());
        Self::new(pkcs8).ok_or(Error::Key)
    }

    pub(crate) fn from_pem(text: &str) -> Result<Self, Error> {
        let found = pem::parse(text).ok().filter(|found| found.tag() == TAG);
        let pkcs8 = found.map(|found| Zeroizing::new(found.into_contents()));
        pkcs8.and_then(Self::new).ok_or(Error::NotAKey)
    }

    fn new(pkcs8: Zeroizing<Vec<u8>>) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8, &SystemRandom::new());
        Some(Self {
            pair: pair.ok()?,
            pkcs8,
        })
    }

    pub(crate) fn pem(&self) -> Zeroizing<String> {
        let pem = Pem::new(TAG, self.pkcs8.to_vec());
        let text = Zeroizing::new(pem::encode(&pem));
        drop(Zeroizing::new(pem.into_contents()));
        text
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// What certificates call it.
    pub(crate) fn identifier(&self) -> Vec<u8> {
        digest(&SHA256, self.public()).as_ref()[..20].to_vec()
    }

    /// What people call it.
    pub(crate) fn short(&self) -> String {
        self.identifier()
            .iter()
            .take(6)
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.public()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signed = self.pair.sign(&SystemRandom::new(), message);
        signed
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Key)?;
    Ok(bytes)
}
