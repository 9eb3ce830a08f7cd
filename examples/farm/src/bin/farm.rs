//! All of the farm in one command: a coordinator and three workers, as processes of their own. One worker is killed in the middle of a
//! picture, and the coordinator is told to end in the middle of its work, and goes on when it is started again.

use std::error::Error;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use std::{env, fs, thread};

use rustix::process::{Pid, Signal, kill_process};
use thumbnail_farm::Picture;

#[path = "farm_coordinator.rs"]
mod coordinator;
#[path = "farm_worker.rs"]
mod worker;

/// How many pictures there are.
const PICTURES: u32 = 60;

fn main() -> Result<(), Box<dyn Error>> {
    // The processes are this program again, so that building it builds all.
    match env::var("FARM_ROLE").as_deref() {
        Ok("coordinator") => coordinator::main(),
        Ok("worker") => worker::main(),
        _ => run_all(),
    }
}

fn run_all() -> Result<(), Box<dyn Error>> {
    // A place of its own, also for the socket, so that it disturbs nothing that runs already.
    let place = tempfile::tempdir()?;
    let (pictures, thumbnails) = (place.path().join("pictures"), place.path().join("thumbnails"));
    fs::create_dir_all(&pictures)?;
    for number in 1..=PICTURES {
        let picture = painted(number);
        fs::write(pictures.join(name(number)), picture.encode())?;
    }
    println!("farm: {PICTURES} pictures are in {}", pictures.display());

    let farm = Farm::new(place.path());
    let folders = [pictures.as_path(), &thumbnails].map(|folder| folder.to_string_lossy().into_owned());
    let folders = folders.each_ref().map(String::as_str);
    println!("farm: starts a coordinator and a worker that takes an hour for each picture");
    let coordinator = farm.start("coordinator", &folders)?;
    let cat = farm.start("worker", &["cat", "3600000"])?;
    farm.wait_for("cat begins")?;
    println!("farm: starts two better ones, and kills the first in the middle of a picture");
    let ann = farm.start("worker", &["ann", "40"])?;
    let bob = farm.start("worker", &["bob", "40"])?;
    farm.wait_for("made by")?;
    cat.signal(Signal::KILL)?;
    farm.wait_for("cat is lost")?;
    for _ in 0..5 {
        farm.wait_for("made by")?;
    }
    println!("farm: tells the coordinator to end");
    coordinator.signal(Signal::TERM)?;
    farm.wait_for("the coordinator has ended")?;
    println!("farm: starts it again");
    let again = farm.start("coordinator", &folders)?;
    farm.wait_for("the coordinator has ended")?;
    println!("farm: tells the workers to end");
    ann.signal(Signal::TERM)?;
    bob.signal(Signal::TERM)?;
    for process in [coordinator, again, ann, bob] {
        process.finish()?;
    }

    for number in 1..=PICTURES {
        let thumbnail = Picture::decode(&fs::read(thumbnails.join(name(number)))?)?;
        if thumbnail != painted(number).thumbnail(16)? {
            return Err(format!("{} is not the thumbnail of its picture", name(number)).into());
        }
    }
    println!("farm: all {PICTURES} thumbnails are as they should be");
    Ok(())
}

fn name(number: u32) -> String {
    format!("{number:04}.ppm")
}

fn painted(number: u32) -> Picture {
    Picture::painted(number, 100 + number, 80)
}

/// Starts the processes of the farm, and hears what they print.
struct Farm<'a> {
    place: &'a Path,
    say: Sender<String>,
    heard: Receiver<String>,
}

impl<'a> Farm<'a> {
    fn new(place: &'a Path) -> Self {
        let (say, heard) = channel();
        Self { place, say, heard }
    }

    fn start(&self, role: &str, arguments: &[&str]) -> io::Result<Process> {
        let mut child = Command::new(env::current_exe()?)
            .args(arguments)
            .env("FARM_ROLE", role)
            .env("TMPDIR", self.place)
            .stdout(Stdio::piped())
            .spawn()?;
        let (printed, say) = (child.stdout.take(), self.say.clone());
        thread::spawn(move || {
            for line in printed
                .into_iter()
                .flat_map(|printed| BufReader::new(printed).lines())
            {
                let Ok(line) = line else { break };
                println!("    {line}");
                let _ = say.send(line);
            }
        });
        Ok(Process(child))
    }

    /// Waits for the next line with these words in it.
    fn wait_for(&self, words: &str) -> Result<(), Box<dyn Error>> {
        loop {
            let line = self.heard.recv_timeout(Duration::from_secs(60));
            if line
                .map_err(|_| format!("nobody says {words:?}"))?
                .contains(words)
            {
                return Ok(());
            }
        }
    }
}

/// A process, which does not outlive this one.
struct Process(Child);

impl Process {
    fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.ok_or(io::ErrorKind::NotFound)?, signal)?)
    }

    /// Waits for its end.
    fn finish(mut self) -> Result<(), Box<dyn Error>> {
        let status = self.0.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(status.to_string().into())
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
