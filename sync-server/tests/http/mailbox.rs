//! A mail server of a few lines: takes letters, or says what it is told to.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What has arrived.
#[derive(Clone)]
pub(crate) struct Mailbox {
    pub(crate) port: u16,
    letters: Arc<Mutex<Vec<String>>>,
}

impl Mailbox {
    /// One that takes everything.
    pub(crate) async fn open() -> Self {
        Self::on("127.0.0.1:0", None).await
    }

    /// One that answers each recipient with this.
    pub(crate) async fn refusing(answer: &'static str) -> Self {
        Self::on("127.0.0.1:0", Some(answer)).await
    }

    /// On this address.
    pub(crate) async fn on(address: &str, refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let mailbox = Self { port: listener.local_addr().unwrap().port(), letters: Arc::default() };
        let letters = mailbox.letters.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(converse(socket, letters.clone(), refusal));
            }
        });
        mailbox
    }

    /// Its address, as `tombolo serve` takes it.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Waits for so many letters; gives them as they are read.
    pub(crate) async fn letters(&self, many: usize) -> Vec<String> {
        loop {
            let found = self.letters.lock().unwrap().clone();
            if found.len() >= many {
                return found.iter().map(|letter| readable(letter)).collect();
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn converse(socket: TcpStream, letters: Arc<Mutex<Vec<String>>>, refusal: Option<&'static str>) {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "RCPT" => refusal.unwrap_or("250 ok"),
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut letter = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    letter.push_str(&line);
                    letter.push('\n');
                }
                letters.lock().unwrap().push(letter);
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Undoes quoted-printable, as far as letters here have it.
fn readable(letter: &str) -> String {
    let joined = letter.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let hex = hex.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (*first, hex) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (byte, _) => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// What follows this in a letter, up to the end of its line.
pub(crate) fn after<'a>(letter: &'a str, beginning: &str) -> &'a str {
    let found = letter.split_once(beginning).unwrap_or_else(|| panic!("no {beginning:?} in {letter}"));
    found.1.lines().next().unwrap_or_default()
}
