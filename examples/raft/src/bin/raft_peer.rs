//! One of those who keep the log: `raft_peer NUMBER`, with 1, 2 or 3. See the crate's documentation for how to run them all.

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use daffi::{Global, callback};
use replicated_log::member::Member;
use replicated_log::raft::{Append, Appended, Ballot, Command, Vote};
use replicated_log::{Leader, Log, NotAdded, Peer, PeerClient, PeerError, log_to_stderr, member_name};

/// A member that calls the others by clients.
struct Service(Arc<Member<PeerClient>>);

#[callback(prefix = "raft.")]
impl Peer for Service {
    async fn vote(&self, ballot: Ballot) -> Result<Vote, PeerError> {
        Ok(self.0.vote(&ballot))
    }

    async fn append(&self, append: Append) -> Result<Appended, PeerError> {
        Ok(self.0.append(&append))
    }
}

#[callback(prefix = "log.")]
impl Log for Service {
    async fn add(&self, command: Command) -> Result<u64, NotAdded> {
        self.0.add(command).await
    }

    async fn leader(&self, after: u64) -> Leader {
        self.0.leader(after).await
    }

    async fn commands(&self) -> Vec<Command> {
        self.0.commands()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let number: u32 = env::args().nth(1).ok_or("usage: raft_peer NUMBER")?.parse()?;
    let name = member_name(number);
    let g = Global::builder().process_name(&name).start().await?;

    // What all calls of a client have is said once. One who does not answer is told again, so nobody waits long for it.
    let others = (1..=3).filter(|other| *other != number).map(member_name);
    let clients = others.map(|other| {
        let client = PeerClient::new(&g)
            .to(&*other)
            .timeout(Duration::from_millis(200));
        (other, client)
    });
    let member = Arc::new(Member::new(&name, clients));
    // After the clients, as they need a `Global` that runs.
    g.register(Service(Arc::clone(&member))).await?;

    tokio::spawn(show_when_it_leads(Arc::clone(&member), name));
    tokio::select! {
        () = member.run() => {}
        _ = g.join() => {}
    }
    Ok(())
}

async fn show_when_it_leads(member: Arc<Member<PeerClient>>, name: String) {
    let mut term = 0;
    loop {
        let leader = member.leader(term).await;
        term = leader.term;
        if leader.name == name {
            println!("{name} leads in term {term}");
        }
    }
}
