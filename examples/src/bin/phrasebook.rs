//! Makes a callback for each word of its arguments, and another one when it is asked to: none of them is annotated.
//!
//! `cargo run --bin phrasebook -- milk=Milch bread=Brot` and `cargo run --bin tourist` in two terminals, in any order.

use std::env;

use daffi::{CallContext, Global, RegisterError, callback};

/// Offers another word. It was not known when the program was written.
#[callback]
async fn learn(ctx: &CallContext, word: String, translated: String) -> Result<(), String> {
    let by = ctx.caller().to_owned();
    let g = HERE.get().ok_or("it has not started")?;
    teach(g, word, translated, by)
        .await
        .map_err(|error| error.to_string())
}

static HERE: std::sync::OnceLock<Global> = std::sync::OnceLock::new();

/// Offers `say.<word>`, which says its translation so many times.
async fn teach(g: &Global, word: String, translated: String, by: String) -> Result<(), RegisterError> {
    let say = move |times: usize| {
        let phrase = vec![translated.clone(); times].join(", ");
        async move {
            if phrase.is_empty() {
                return Err("how often?".to_owned());
            }
            Ok(format!("{phrase}!"))
        }
    };
    g.register_fn(format!("say.{word}"), say)
        .docs(format!("Says {word:?} as {by} does."))
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("phrasebook")
        .init_controller(true)
        .start()
        .await?;
    let g = HERE.get_or_init(|| g);
    for words in env::args().skip(1) {
        let (word, translated) = words.split_once('=').ok_or("write word=translation")?;
        let printer = "the printer".to_owned();
        teach(g, word.to_owned(), translated.to_owned(), printer).await?;
    }
    // It blocks, so it runs on the blocking pool.
    g.register_fn("pages", || env::args().count() - 1).await?;
    g.join().await;
    Ok(())
}
