//! A room for two, which sends each what the other says: streams both ways at once. See `chatter` for how to run all
//! three.

use daffi::{CallContext, Global, StartError, Stream, Streaming, callback};
use futures_util::stream;
use tokio::sync::{Barrier, broadcast};

struct Room {
    /// Who says what; nothing, if they leave.
    said: broadcast::Sender<(String, Option<String>)>,
    both: Barrier,
}

#[callback]
impl Room {
    /// Opens once both are there, and closes as soon as one has nothing more to say.
    pub async fn chat(&self, mut lines: Streaming<String>, ctx: CallContext) -> impl Stream<Item = String> {
        let (said, heard) = (self.said.clone(), self.said.subscribe());
        self.both.wait().await;
        let me = ctx.caller().to_owned();
        // Ends with the call at the latest.
        tokio::spawn(async move {
            while let Some(Ok(line)) = lines.next().await {
                let _ = said.send((me.clone(), Some(line)));
            }
            let _ = said.send((me, None));
        });
        stream::unfold((heard, ctx), async |(mut heard, ctx)| {
            loop {
                let (who, line) = heard.recv().await.ok()?;
                let line = line?;
                if who != ctx.caller() {
                    return Some((format!("{who}: {line}"), (heard, ctx)));
                }
            }
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let room = Room {
        said: broadcast::channel(16).0,
        both: Barrier::new(2),
    };
    let builder = Global::builder().process_name("chat room").init_controller(true);
    let g = builder.service(room).start().await?;
    g.join().await;
    Ok(())
}
