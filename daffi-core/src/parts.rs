//! What a [`Signature`](crate::Signature) is made of: for programs that look into one, or make one.
//!
//! ```
//! use daffi::signature::{ErrorType, Returns, Type, trace};
//! use daffi::Signature;
//!
//! fn takes_a_number(signature: &Signature) -> bool {
//!     signature.parameters.iter().flatten().any(|parameter| parameter.ty == Type::I64)
//! }
//!
//! let returns = Returns { ok: trace::<Vec<String>>(), error: ErrorType::None };
//! let signature = Signature::new([("aisle", Type::I64)], returns);
//! assert_eq!(signature.to_string(), "fn(aisle: i64) -> Vec<String>");
//! assert!(takes_a_number(&signature));
//! ```

pub use crate::signature::{ErrorType, Parameter, Returns, Type, Variant, trace};
