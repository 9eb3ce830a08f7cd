//! What is written and nobody reads.

use super::super::layout::{At, Place, Struct};
use super::{Agrees, Comparison, Task, To, UNKNOWN, Way, fault};

impl<'l> Comparison<'l> {
    pub(super) fn pass_all(&mut self, fields: &'l Struct, way: Way) -> Agrees {
        let mut fields = fields.names.iter().zip(&fields.fields);
        fields.try_for_each(|(names, at)| self.then(Task::Pass(*at), way, Some(To::Name(names))))
    }

    /// Whether what is written there can be passed over.
    pub(super) fn pass(&mut self, at: At, way: Way) -> Agrees {
        match self.written.place(at) {
            Place::Opaque => fault(
                "the reader does not know what is here, and how long it is is not known",
                UNKNOWN,
            ),
            Place::Option(inner) => self.then(Task::Pass(*inner), way, None),
            Place::Seq(element) => self.then(Task::Pass(*element), way, Some(To::Every)),
            Place::Map(key, value, _) => {
                self.then(Task::Pass(*key), way, None)?;
                self.then(Task::Pass(*value), way, Some(To::Every))
            }
            Place::Tuple(fields) => fields
                .iter()
                .try_for_each(|field| self.then(Task::Pass(*field), way, None)),
            Place::Struct(fields) => self.pass_all(fields, way),
            Place::Enum(choices) if choices.is_open() => fault("only some variants are known", UNKNOWN),
            Place::Enum(choices) => {
                let mut contents = choices.all().iter();
                contents.try_for_each(|choice| {
                    self.then(Task::Pass(choice.content), way, Some(To::Name(&choice.names)))
                })
            }
            _ => Ok(()),
        }
    }
}
