//! The commands of the guide, in the order of each page, from a clean shell.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use daffi_core::{CallContext, CallErrorKind, Global, Proven};
use rustix::process::Signal;
use tempfile::TempDir;

use super::Running;
use super::tls::{join, port};

const SECURITY: &str = include_str!("../../../docs/guide/security.md");
const IDENTITIES: &str = include_str!("../../../docs/guide/identities.md");
const ROLES: &str = include_str!("../../../docs/guide/roles.md");
const QUOTAS: &str = include_str!("../../../docs/guide/quotas.md");
const RUNNING: &str = include_str!("../../../docs/guide/running.md");

/// The blocks of a page in a language: commands, for `sh`.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("\n```{language}\n");
    let blocks: Vec<_> = page.split(&*begin).skip(1).collect();
    let blocks = blocks.into_iter();
    blocks.map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// Runs commands by a shell that knows nothing but where the program is. What they print.
fn shell(folder: &TempDir, commands: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_daffi-controller"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let output = Command::new("/bin/sh")
        .args(["-euc", commands])
        .env_clear()
        .env("PATH", path)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Starts the controller as a command says, but with other words for some.
fn serve(folder: &TempDir, command: &str, others: &[(&str, &str)]) -> (Running, String) {
    let command = others.iter().fold(command.to_owned(), |command, (said, other)| {
        assert!(command.contains(said), "{command}");
        command.replace(said, other)
    });
    let arguments: Vec<_> = command.split(' ').skip(1).collect();
    Running::start(folder, &arguments)
}

#[tokio::test]
async fn the_commands_of_the_page_of_security_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let [issue, start, roles, replace] = blocks(SECURITY, "sh")[..] else {
        panic!("the page has other commands: {:?}", blocks(SECURITY, "sh"))
    };
    shell(&folder, issue);

    // It goes on running, and other tests have ports, too.
    let ca = format!(" {}/", folder.path().join("ca").display());
    let others = [
        ("--host 0.0.0.0 --port 8888", "--host 127.0.0.1 --port 0"),
        (" ca/", &ca),
    ];
    let (mut program, said) = serve(&folder, start, &others);

    let file = |name: &str| folder.path().join("ca").join(name);
    let tls = |name: &str| {
        daffi_core::Tls::new()
            .certificate(file(&format!("{name}.pem")))
            .key(file(&format!("{name}.key")))
            .ca(file("ca.pem"))
    };
    let (host, number) = ("localhost", port(&said));
    join(host, number, Some(tls("resizer-1")))
        .await
        .unwrap()
        .stop()
        .await;
    let unknown = join(host, number, Some(daffi_core::Tls::new().ca(file("ca.pem")))).await;
    assert!(unknown.unwrap_err().to_string().contains("which is missing"));

    shell(&folder, replace);
    program.signal(Signal::HUP);
    program.until("certificates were read again");
    join(host, number, Some(tls("web"))).await.unwrap().stop().await;
    program.signal(Signal::TERM);
    assert!(program.end().0.success());

    // Roles, by the names in the certificates.
    let [config] = blocks(SECURITY, "toml")[..] else {
        panic!("the page has other files: {:?}", blocks(SECURITY, "toml"))
    };
    let config = config
        .replace("0.0.0.0", "127.0.0.1")
        .replace("8888", "0")
        .replace("\"ca/", &format!("\"{}/", folder.path().join("ca").display()));
    fs::write(folder.path().join("daffi.toml"), config).unwrap();
    let (check, start) = roles.split_once('\n').unwrap();
    shell(&folder, check);
    let path = folder.path().join("daffi.toml").display().to_string();
    let (program, said) = serve(&folder, start, &[("daffi.toml", &path)]);
    let node = |name| {
        Global::builder()
            .host("localhost")
            .port(port(&said))
            .tls(tls(name))
            .auto_callbacks(false)
            .start()
    };
    let (resizer, web) = (node("resizer-1").await.unwrap(), node("web").await.unwrap());
    let resize = |ctx: CallContext, bytes: u64| {
        let who = ctx.identity().map(|who| (who.name().to_owned(), who.proven()));
        assert_eq!(who, Some(("web".to_owned(), Proven::Certificate)));
        bytes / 2
    };
    resizer.register_fn("resize", resize).await.unwrap();
    assert_eq!(web.call::<u64>("resize", (8_u64,)).await.unwrap(), 4);
    let denied = resizer.call::<u64>("resize", (8_u64,)).await.unwrap_err();
    assert_eq!(denied.kind(), CallErrorKind::Denied, "{denied}");
    let denied = web.register_fn("resize", |bytes: u64| bytes).await.unwrap_err();
    assert!(denied.to_string().contains("web"), "{denied}");
    for g in [resizer, web] {
        g.stop().await;
    }
    program.signal(Signal::TERM);
    let (status, said) = program.end();
    assert!(status.success());
    // Who is denied what is in the log.
    let is_told =
        |line: &&str| line.contains("denied") && line.contains("\"resizer 1\"") && line.contains("resize");
    assert!(said.lines().any(|line| is_told(&line)), "{said}");
}

#[tokio::test]
async fn the_commands_of_the_page_of_identities_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let [token, start, with_token, key, start_for_all] = blocks(IDENTITIES, "sh")[..] else {
        panic!("the page has other commands: {:?}", blocks(IDENTITIES, "sh"))
    };
    let (known, secret) = (folder.path().join("known"), folder.path().join("token"));
    let made = shell(&folder, token);
    let [shown, line] = made.lines().collect::<Vec<_>>()[..] else {
        panic!("the page says that there are two lines: {made}")
    };
    let begins = with_token.strip_prefix("DAFFI_TOKEN=").unwrap();
    assert_eq!(begins[..12], shown[..12], "{begins}");
    write_privately(&secret, shown);

    let key_file = folder.path().join("worker.key").display().to_string();
    let key = key.replace("/etc/shop/worker.key", &key_file);
    let line_of_key = shell(&folder, &key);
    assert!(line_of_key.starts_with("worker key "), "{line_of_key}");
    fs::write(&known, format!("{line}\n{line_of_key}")).unwrap();

    let known = known.display().to_string();
    let (program, said) = serve(&folder, start, &[("8888", "0"), ("/etc/daffi/known", &known)]);
    let join = || Global::builder().host("localhost").port(port(&said));
    join().token_file(&secret).start().await.unwrap().stop().await;
    let nobody = join().start().await.unwrap_err().to_string();
    assert!(nobody.contains("token"), "{nobody}");
    program.signal(Signal::TERM);
    assert!(program.end().0.success());

    let path = folder.path().join("shop").display().to_string();
    let (program, _) = serve(
        &folder,
        &format!("{start_for_all} --known {known}"),
        &[("/run/shop", &path)],
    );
    let join = Global::builder()
        .unix_sock_path(&path)
        .any_user(true)
        .key(&key_file);
    join.start().await.unwrap().stop().await;
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
}

#[test]
fn the_page_of_running_it_has_each_option_and_a_file_in_which_nothing_is_at_fault() {
    let folder = tempfile::tempdir().unwrap();
    let help = shell(&folder, "daffi-controller --help");
    let words =
        help.split(|letter: char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'));
    let options: Vec<_> = words
        .filter(|word| word.len() > 2 && word.starts_with("--"))
        .collect();
    assert!(options.len() > 20, "{options:?}");
    let missing: Vec<_> = options
        .into_iter()
        .filter(|option| !RUNNING.contains(&format!("`{option}")))
        .collect();
    assert!(missing.is_empty(), "the page says nothing of {missing:?}");

    check(RUNNING);
}

#[test]
fn the_page_of_running_it_makes_completions_and_manual_pages() {
    let folder = tempfile::tempdir().unwrap();
    let commands = blocks(RUNNING, "sh");
    let commands = commands.iter().find(|commands| commands.contains("completions"));
    shell(&folder, commands.unwrap());
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    let completions = read("daffi-controller.bash");
    for word in ["--standby-of", "check", "--resume-grace", "complete -F"] {
        assert!(completions.contains(word), "{word} is missing");
    }
    let page = read("pages/daffi-controller.1");
    for word in [".TH daffi-controller 1", "\\-\\-standby\\-of", "Exit codes:"] {
        assert!(page.contains(word), "{word} is missing in\n{page}");
    }
    assert!(read("pages/daffi-controller-cert-ca.1").contains("authority"));
    for shell in ["zsh", "fish"] {
        let said = super::run(&["completions", shell]);
        assert!(said.status.success() && !said.stdout.is_empty(), "{said:?}");
    }
    let said = super::run(&["man"]);
    assert!(
        String::from_utf8(said.stdout)
            .unwrap()
            .contains(".TH daffi-controller 1")
    );
}

#[test]
fn the_unit_of_the_page_of_running_it_is_one_that_systemd_takes() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("daffi-controller.service");
    let [text] = blocks(RUNNING, "ini")[..] else {
        panic!("there is another one")
    };
    let text = text.replace(
        "/usr/local/bin/daffi-controller",
        env!("CARGO_BIN_EXE_daffi-controller"),
    );
    fs::write(&unit, text + "\n").unwrap();
    let verified = Command::new("systemd-analyze").arg("verify").arg(&unit).output();
    let Ok(verified) = verified else {
        println!("skipped: there is no systemd-analyze");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");
}

/// As `chmod 600` would have it.
fn write_privately(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Checks the first file of a page, beside those that it names.
fn check(page: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = blocks(page, "toml")[0].replace("/etc/daffi/", &format!("{}/", folder.path().display()));
    fs::write(folder.path().join("daffi.toml"), file).unwrap();
    let said = shell(
        &folder,
        "daffi-controller cert ca --out .
         daffi-controller cert server --ca . --name controller
         daffi-controller token shopper | tail -n 1 > known
         daffi-controller check daffi.toml",
    );
    assert!(said.ends_with("nothing is at fault\n"), "{said}");
}

#[test]
fn the_pages_of_roles_and_quotas_have_all_there_are_and_files_in_which_nothing_is_at_fault() {
    for page in [ROLES, QUOTAS] {
        check(page);
    }
    for measure in daffi_core::Measure::ALL {
        assert!(
            QUOTAS.contains(&format!("| `{measure}` |")),
            "{measure} is missing"
        );
    }
    for right in daffi_core::Right::ALL {
        assert!(ROLES.contains(&format!("`{right}`")), "{right} is missing");
    }
}
