//! Arguments that have positions, some of which are sent with names after all, as who reads them asks what it is given.

use super::depth::deeper;
use super::input::Input;
use super::layout::{Layout, Place};
use super::misfit::{Misfit, Step};
use super::printed::Printed;
use super::skip::skip;
use crate::proto::explained;

/// The arguments that fill `bytes`, written by the structure in `layout`, a tuple, where these of them are written with names.
///
/// That is what they would be with names if their types write the same for people as for machines.
///
/// # Errors
///
/// When the bytes are no such arguments, or one of them cannot be written with names.
pub(crate) fn with_names(layout: &Layout, bytes: &[u8], named: &[usize]) -> Result<Vec<u8>, Misfit> {
    let Place::Tuple(fields) = layout.place(layout.root()) else {
        return Ok(bytes.to_vec());
    };
    let (mut input, mut out) = (Input::new(bytes), Vec::with_capacity(bytes.len()));
    for (number, at) in fields.iter().enumerate() {
        let rest = input.rest();
        skip(&mut input, layout, *at, deeper(0)?)?;
        let argument = &rest[..rest.len() - input.left()];
        if named.contains(&number) {
            let argument = Printed::exactly(layout, *at, argument);
            explained::write(&argument, &mut out)
                .map_err(|fault| Misfit::new(fault).within(Step::Element(number)))?;
        } else {
            out.extend_from_slice(argument);
        }
    }
    Ok(out)
}
