//! Making an authority and certificates, for development.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Subcommand;
use daffi_certificates::{Authority, Issued, Purpose, Wanted};
use zeroize::Zeroizing;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Makes an authority and certificates, for development and for a closed circle of machines.
///
/// The key of the authority is in its folder, and whoever has it can join as anybody. Keys are written for their owner alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daffi-controller cert ca --out ca                                      ca/ca.pem and ca/ca.key
  daffi-controller cert server --ca ca --name localhost --name 10.0.0.1  ca/localhost.pem and ca/localhost.key
  daffi-controller cert client --ca ca --name \"resizer 1\"                ca/resizer-1.pem and ca/resizer-1.key

The controller shows the server's, and asks for one of the same authority:
  daffi-controller --port 8888 --ssl-certificate ca/localhost.pem --ssl-key ca/localhost.key --ssl-ca ca/ca.pem

Exit codes:
  0  the files are there
  1  they could not be made; the message says why, and nothing was replaced
  2  the arguments cannot be used")]
pub(crate) struct CertArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes an authority: ca.pem, which everybody needs, and ca.key, which nobody gets.
    Ca {
        /// The folder to write to; it is made if need be, for its owner alone.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,

        /// Replaces the authority that is there: what it has issued is worth nothing then.
        #[arg(long)]
        replace: bool,
    },
    /// Issues a certificate for a controller.
    Server(Issue),
    /// Issues a certificate for a process that joins. Its first name is who it is.
    Client(Issue),
}

#[derive(Debug, clap::Args)]
struct Issue {
    /// The folder of the authority, as `cert ca` has made it.
    #[arg(long, value_name = "FOLDER")]
    ca: PathBuf,

    /// Whom it is for. For a server: the host names and IP addresses under which it is joined. May be said several times.
    #[arg(long = "name", value_name = "NAME", required = true)]
    names: Vec<String>,

    /// For how many days it is valid.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,

    /// The folder to write to, if it is not that of the authority; it is made if need be.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Replaces the files that are there.
    #[arg(long)]
    replace: bool,
}

/// Does it, and says what was written or why nothing was.
pub(crate) fn run(arguments: &CertArguments) -> ExitCode {
    match make(arguments) {
        Ok(made) => {
            // Whoever does not read that has the files all the same.
            let _ = writeln!(
                io::stdout(),
                "wrote {}\nwrote {}, for its owner alone",
                made.certificate.display(),
                made.key.display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Two files.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl Pair {
    fn new(folder: &Path, name: &str) -> Self {
        Self {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        }
    }

    /// Writes both, or neither if one is there that may not be replaced.
    fn write(&self, issued: &Issued, replace: bool) -> Result<(), String> {
        for file in [&self.certificate, &self.key] {
            if !replace && fs::symlink_metadata(file).is_ok() {
                return Err(format!(
                    "{} is there already; --replace replaces it",
                    file.display()
                ));
            }
        }
        write(&self.key, issued.key.as_bytes(), 0o600)?;
        write(&self.certificate, issued.certificate.as_bytes(), 0o644)
    }
}

fn make(arguments: &CertArguments) -> Result<Pair, String> {
    let words = |error: daffi_certificates::Error| error.to_string();
    match &arguments.what {
        What::Ca { out, replace } => {
            let authority = Authority::generate().and_then(|authority| authority.own());
            let files = Pair::new(out, "ca");
            make_folder(out)?;
            files.write(&authority.map_err(words)?, *replace)?;
            Ok(files)
        }
        What::Server(issue) => issue.make(Purpose::Server),
        What::Client(issue) => issue.make(Purpose::Client),
    }
}

impl Issue {
    fn make(&self, purpose: Purpose) -> Result<Pair, String> {
        let authority = self.authority()?;
        let mut wanted = Wanted::new(purpose, self.names.iter().cloned());
        wanted.until = SystemTime::now() + self.days * DAY;
        let issued = authority.issue(&wanted).map_err(|error| error.to_string())?;
        let out = self.out.as_ref().unwrap_or(&self.ca);
        let name = self.names.first().map_or("", String::as_str);
        let files = Pair::new(out, &file_name(name));
        make_folder(out)?;
        files.write(&issued, self.replace)?;
        Ok(files)
    }

    fn authority(&self) -> Result<Authority, String> {
        let files = Pair::new(&self.ca, "ca");
        let key = Zeroizing::new(read(&files.key)?);
        let authority =
            Authority::from_key(&key).map_err(|error| format!("{}: {error}", files.key.display()))?;
        if !authority.is_of(&read(&files.certificate)?) {
            let (certificate, key) = (files.certificate.display(), files.key.display());
            return Err(format!("{key} is not the key of {certificate}"));
        }
        Ok(authority)
    }
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| {
        format!(
            "{}: {error}; `daffi-controller cert ca` makes an authority",
            file.display()
        )
    })
}

/// A name as that of a file: what is not a letter, a digit, a dot or a line is a line.
fn file_name(name: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            letter
        } else {
            '-'
        }
    };
    let name: String = name.chars().take(100).map(plain).collect();
    // Neither hidden, nor the authority's, nor nothing.
    match name.trim_matches(['.', '-']) {
        "" => "certificate".to_owned(),
        "ca" => "ca-1".to_owned(),
        name => name.to_owned(),
    }
}

fn make_folder(folder: &Path) -> Result<(), String> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))
}

/// Writes a file beside, and moves it there: nobody sees half of it, and one that was there has the new mode.
fn write(file: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut new| {
            new.write_all(bytes)?;
            new.sync_all()
        })
        .and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| {
        format!(
            "{} cannot be written: {error} ({})",
            file.display(),
            beside.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn any_name_is_one_of_a_file() {
        for (name, expected) in [
            ("localhost", "localhost"),
            ("10.0.0.1", "10.0.0.1"),
            ("resizer 1", "resizer-1"),
            ("::1", "1"),
            ("../../etc/passwd", "etc-passwd"),
            ("*.shop.example", "shop.example"),
            ("", "certificate"),
            ("ca", "ca-1"),
            ("..", "certificate"),
        ] {
            assert_eq!(file_name(name), expected, "{name:?}");
        }
    }
}
