//! What a controller has, and what it had to do.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Where each test says what its controller took. Bystanders call seldom then, so that nearly all of it is for whoever attacks:
/// `DAFFI_COSTS=costs.txt cargo test --test hostile -- --test-threads=1`.
const COSTS: &str = "DAFFI_COSTS";

pub fn is_measured() -> bool {
    env::var_os(COSTS).is_some()
}

/// How long those who have gone may take to be gone.
const GONE: Duration = Duration::from_secs(60);

/// So long it is looked whether it rests, again and again until it does.
const RESTS: Duration = Duration::from_millis(100);

/// The process of a controller. Where the system says nothing of it, nothing is found.
pub struct Watched {
    process: u32,
    descriptors: Option<usize>,
    worked: Option<Duration>,
}

impl Watched {
    /// One to which nobody has come yet.
    pub fn new(process: u32) -> Self {
        let mut watched = Self {
            process,
            descriptors: None,
            worked: None,
        };
        watched.descriptors = watched.descriptors();
        watched.worked = watched.worked();
        watched
    }

    pub fn memory(&self) -> Option<u64> {
        fs::write(self.file("clear_refs"), "5").ok()?;
        self.kilobytes("VmRSS:")
    }

    #[track_caller]
    pub fn assert_memory(&self, before: Option<u64>, most: u64) {
        if let (Some(before), Some(peak)) = (before, self.kilobytes("VmHWM:")) {
            let more = peak.saturating_sub(before);
            assert!(more <= most, "it took {} KiB, not {}", more >> 10, most >> 10);
        }
    }

    /// What there still is of those who have gone, if anything: descriptors, or work.
    pub fn left_over(&self) -> Option<String> {
        self.say_costs();
        let since = Instant::now();
        loop {
            let (descriptors, worked) = (self.descriptors(), self.worked());
            thread::sleep(RESTS);
            let is_open = descriptors > self.descriptors;
            let work = self
                .worked()
                .zip(worked)
                .map(|(now, then)| now.saturating_sub(then));
            // It says a word to nobody now and then, and is looked at while other processes want the processors as well.
            let works = work.is_some_and(|work| work > RESTS / 5);
            if !is_open && !works {
                return None;
            }
            if since.elapsed() > GONE {
                return Some(format!(
                    "{descriptors:?} descriptors, {:?} at first; {work:?} of work in {RESTS:?}",
                    self.descriptors
                ));
            }
        }
    }

    /// Writes down what it took, if anybody wants to know.
    fn say_costs(&self) {
        let (Some(file), Some(worked)) = (env::var_os(COSTS), self.worked().zip(self.worked)) else {
            return;
        };
        let test = thread::current().name().unwrap_or_default().to_owned();
        let line = format!("{test}: {} ms\n", worked.0.saturating_sub(worked.1).as_millis());
        let opened = fs::OpenOptions::new().append(true).create(true).open(file);
        opened
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap();
    }

    fn descriptors(&self) -> Option<usize> {
        fs::read_dir(self.file("fd")).ok().map(Iterator::count)
    }

    /// For how long its threads were on a processor.
    fn worked(&self) -> Option<Duration> {
        let mut nanos = 0_u64;
        for task in fs::read_dir(self.file("task")).ok()? {
            let said = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            nanos += said.split(' ').next()?.parse::<u64>().ok()?;
        }
        Some(Duration::from_nanos(nanos))
    }

    fn kilobytes(&self, what: &str) -> Option<u64> {
        let status = fs::read_to_string(self.file("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(what))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kilobytes << 10)
    }

    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.process))
    }
}
