//! Saying what there is to know of a callback.

use std::collections::BTreeMap;

use daffi_core::{CallErrorKind, CallbackDescription, CallbackVersion, Global, Json};
use serde::Serialize;

use super::arguments::Format;
use super::calling::meant;
use super::failure::Failure;
use super::output::{line, readable, say};

/// A version, as programs read it.
#[derive(Serialize)]
struct Version<'a> {
    signature: String,
    docs: &'a str,
    example: Option<Json>,
    #[serde(flatten)]
    schemas: Schemas,
    concurrency: Option<u32>,
    concurrency_per_caller: Option<u32>,
    queue: u32,
    balance: String,
    count: u32,
    providers: Vec<Provider<'a>>,
}

#[derive(Serialize)]
struct Provider<'a> {
    name: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
}

/// What is taken and given, as JSON Schemas.
#[derive(Serialize)]
struct Schemas {
    arguments: Json,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    streams: BTreeMap<String, Json>,
    returns_stream: bool,
    result: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Json>,
}

impl Schemas {
    fn of(version: &CallbackVersion) -> Self {
        Self {
            arguments: version.schema(),
            streams: version.stream_schemas().into_iter().collect(),
            returns_stream: version.returns_stream(),
            result: version.result_schema(),
            error: version.error_schema(),
        }
    }
}

/// Prints it.
pub(crate) async fn describe(
    global: &Global,
    name: &str,
    schema: bool,
    format: Format,
) -> Result<u8, Failure> {
    let description = match global.describe(name).await {
        Ok(description) => description,
        Err(error) => {
            let is_nobody = error.kind() == CallErrorKind::NoProvider;
            let failure = Failure::asked(error);
            let hint = if is_nobody {
                meant(global, name).await
            } else {
                None
            };
            return Err(failure.hinting(hint));
        }
    };
    if schema {
        return say(&schemas(&description, format)?);
    }
    if format.is_json() {
        return say(&line(&as_json(&description)));
    }
    say(&readable(&description.to_string()))
}

/// One object, or a list of as many as there are versions.
fn schemas(description: &CallbackDescription, format: Format) -> Result<String, Failure> {
    let schemas: Vec<_> = description.versions.iter().map(Schemas::of).collect();
    let shown = match (&*schemas, format) {
        ([only], Format::Json) => serde_json::to_string(only),
        ([only], Format::Text) => serde_json::to_string_pretty(only),
        (several, Format::Json) => serde_json::to_string(several),
        (several, Format::Text) => serde_json::to_string_pretty(several),
    };
    shown.map_err(|error| Failure::other(error.to_string()))
}

fn as_json(description: &CallbackDescription) -> impl Serialize + '_ {
    #[derive(Serialize)]
    struct Shown<'a> {
        name: &'a str,
        versions: Vec<Version<'a>>,
        more: u32,
    }
    Shown {
        name: &description.name,
        versions: description.versions.iter().map(version).collect(),
        more: description.more,
    }
}

fn version(version: &CallbackVersion) -> Version<'_> {
    let providers = version.providers.iter().map(|provider| Provider {
        name: &provider.name,
        attributes: provider
            .attributes
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect(),
    });
    Version {
        signature: version.signature.to_string(),
        docs: &version.docs,
        example: version.example(),
        schemas: Schemas::of(version),
        concurrency: version.concurrency,
        concurrency_per_caller: version.concurrency_per_caller,
        queue: version.queue,
        balance: version.balance.to_string(),
        count: version.count,
        providers: providers.collect(),
    }
}
