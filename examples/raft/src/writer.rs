//! Adding to the log, whoever leads.

use std::time::Duration;

use daffi::{CallError, Global};

use crate::raft::Command;
use crate::{Leader, LogClient};

/// How long it waits for a member that can be asked.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody who adds to the log. Knows who leads, until it is another.
#[derive(Debug)]
pub struct Writer {
    log: LogClient,
    leader: Option<Leader>,
    /// The term of the last one, who leads no more.
    after: u64,
}

impl Writer {
    pub fn new(g: &Global) -> Self {
        Self {
            log: LogClient::new(g),
            leader: None,
            after: 0,
        }
    }

    /// Adds a command and gives its place, once it can be lost no more, however often that has to be tried.
    ///
    /// The leader may be lost after it was told of the command, and then nobody knows whether the log has it (`may_have_run`). So it is said
    /// again, to the next leader, who knows it by its identifier if it is there.
    pub async fn add(&mut self, command: &Command) -> u64 {
        loop {
            let Some(leader) = self.leader().await else {
                continue;
            };
            match self.log.add(command.clone()).to(&*leader.name).await {
                Ok(place) => return place,
                // It had not enough time, or leads no more and does not know it: the others do.
                Err(CallError::Timeout { .. }) => self.leader = None,
                // It is gone, or leads no more. Another one will.
                Err(error) => {
                    tracing::warn!(leader = leader.name, %error, "to be said to another leader");
                    self.after = leader.term;
                    self.leader = None;
                }
            }
        }
    }

    /// Asks any of the members, which answers when it knows. They may start later.
    async fn leader(&mut self) -> Option<Leader> {
        if self.leader.is_none() {
            let asked = self.log.leader(self.after).wait_for_provider(PATIENCE);
            match asked.await {
                Ok(leader) => self.leader = Some(leader),
                // It may be the same one again.
                Err(_) => self.after = 0,
            }
        }
        self.leader.clone()
    }

    /// The commands that can be lost no more, as far as a member knows.
    pub async fn commands(&self, member: &str) -> Result<Vec<Command>, CallError> {
        self.log.commands().to(member).await
    }
}
