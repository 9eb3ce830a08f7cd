//! Writes the seeds of all targets into folders, from which `cargo fuzz` begins: `daffi-fuzz-targets FOLDER`.

use std::path::Path;
use std::{env, fs, io};

use daffi_fuzz_targets::TARGETS;

fn main() -> io::Result<()> {
    let folder = env::args_os()
        .nth(1)
        .ok_or_else(|| io::Error::other("say into which folder"))?;
    for target in TARGETS {
        let folder = Path::new(&folder).join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
