//! A headless Chromium, driven as WebDriver says, by the `chromedriver` beside it.

pub mod http;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use serde_json::{Value, json};

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it has nothing to do with here: sound, graphics, and the services of its makers.
const FLAGS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
];

/// One browser with one page. It ends when it is dropped.
pub struct Browser {
    driver: Child,
    address: String,
    session: String,
}

impl Browser {
    /// Starts one that keeps its files in `folder`. There is none where Chromium is not installed, and nobody says that it must be.
    pub fn start(folder: &Path) -> Option<Self> {
        let (Some(driver), Some(chromium)) = (program("chromedriver"), program("chromium")) else {
            let must = env::var_os("FARM_BROWSER").is_some_and(|must| must == "required");
            assert!(
                !must,
                "FARM_BROWSER says that there is Chromium, and it is not found"
            );
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .env("TMPDIR", folder)
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = said.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        // What else it says is nobody's business, and must not fill the pipe.
        thread::spawn(move || said.for_each(drop));
        let mut browser = Self {
            driver,
            address: format!("127.0.0.1:{}", port.unwrap()),
            session: String::new(),
        };
        let profile = format!("--user-data-dir={}", folder.join("profile").display());
        let flags: Vec<_> = FLAGS.into_iter().chain([&*profile]).collect();
        let wanted =
            json!({ "browserName": "chrome", "goog:chromeOptions": { "binary": chromium, "args": flags } });
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let session = browser.ask("POST", "/session", &wanted);
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        Some(browser)
    }

    pub fn open(&self, address: &str, width: u32, height: u32) {
        self.tell("/window/rect", &json!({ "width": width, "height": height }));
        self.tell("/url", &json!({ "url": address }));
    }

    /// Clicks what a selector of CSS finds.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.tell(&format!("/element/{element}/click"), &json!({}));
    }

    /// Chooses files, as a person does.
    pub fn choose(&self, selector: &str, files: &[PathBuf]) {
        let element = self.find(selector);
        let paths: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        self.tell(
            &format!("/element/{element}/value"),
            &json!({ "text": paths.join("\n") }),
        );
    }

    /// What an expression of JavaScript is on the page.
    pub fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression})");
        self.tell("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until it is true.
    pub fn wait_for(&self, expression: &str) {
        let begun = Instant::now();
        while self.value(expression) != json!(true) {
            if begun.elapsed() > PATIENCE {
                let page = self.value("document.body.innerText");
                panic!(
                    "{expression} does not become true; the page says:\n{}",
                    page.as_str().unwrap()
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The page as it looks, as a PNG file.
    pub fn screenshot(&self) -> Vec<u8> {
        let session = &self.session;
        let picture = self.ask("GET", &format!("/session/{session}/screenshot"), &json!({}));
        from_base64(picture.as_str().unwrap())
    }

    fn find(&self, selector: &str) -> String {
        let found = self.tell("/element", &json!({ "using": "css selector", "value": selector }));
        let mut ids = found.as_object().unwrap().values();
        ids.next().unwrap().as_str().unwrap().to_owned()
    }

    fn tell(&self, path: &str, what: &Value) -> Value {
        self.ask("POST", &format!("/session/{}{path}", self.session), what)
    }

    fn ask(&self, method: &str, path: &str, what: &Value) -> Value {
        let body = if method == "POST" {
            what.to_string()
        } else {
            String::new()
        };
        let answer = http::ask(&self.address, method, path, &[], body.as_bytes());
        let said: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 200, "{method} {path} {what}: {said}");
        said["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends the browser, for which it needs to live.
        let path = format!("/session/{}", self.session);
        let _ = std::panic::catch_unwind(|| http::ask(&self.address, "DELETE", &path, &[], b""));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where a program is that the shell would find.
fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut files = env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| fs::metadata(file).is_ok_and(|file| file.is_file()))
}

fn from_base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').collect();
    letters
        .chunks(4)
        .flat_map(|four| {
            let bits = four
                .iter()
                .fold(0u32, |bits, letter| (bits << 6) | u32::from(value(*letter)));
            let bits = bits << (6 * (4 - four.len()));
            bits.to_be_bytes()[1..four.len()].to_vec()
        })
        .collect()
}
