//! A vendor on loopback that says exactly what a test wants, byte for byte, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The vendor, answering until dropped.
pub(crate) struct Vendor {
    url: String,
    seen: Arc<Mutex<Vec<Asked>>>,
    told: Arc<Notify>,
    sent: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `GET` and so on.
    pub(crate) method: String,
    /// The path without the query.
    pub(crate) path: String,
    /// The query, decoded.
    pub(crate) query: BTreeMap<String, String>,
    /// Headers with lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body as text.
    pub(crate) body: String,
}

/// What the vendor does.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A whole answer.
    Whole {
        /// The status.
        status: u16,
        /// Headers besides the length.
        headers: Vec<(String, String)>,
        /// The body as it goes over the wire.
        body: Vec<u8>,
    },
    /// A body that ends before its announced length.
    Truncated,
    /// So many bytes of body, without a length, in chunks.
    Long(usize),
    /// These bytes and nothing else: no HTTP, perhaps.
    Raw(Vec<u8>),
    /// A good beginning, then a byte now and then, for ever.
    Drip,
    /// No answer; the connection stays open.
    Hang,
    /// The connection is reset without an answer.
    Reset,
    /// The connection is closed without an answer.
    Close,
}

impl Answer {
    /// JSON with a status.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::with(
            status,
            &[("content-type", "application/json")],
            body.as_bytes(),
        )
    }

    /// A status, headers and a body.
    pub(crate) fn with(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        Self::Whole {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.to_vec(),
        }
    }
}

impl Vendor {
    /// Starts on a free port.
    pub(crate) async fn start(
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let told = Arc::new(Notify::new());
        let tell = Arc::clone(&told);
        let answer = Arc::new(answer);
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                let (tell, counter) = (Arc::clone(&tell), Arc::clone(&counter));
                tokio::spawn(async move {
                    // A client that goes away in the middle is its own affair.
                    let note = |asked: Asked| {
                        let said = answer(&asked);
                        log.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(asked);
                        tell.notify_one();
                        said
                    };
                    drop(serve(stream, note, &counter).await);
                });
            }
        });
        Ok(Self {
            url,
            seen,
            told,
            sent,
            task,
        })
    }

    /// Its base URL, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the first thing it is asked.
    pub(crate) async fn asked(&self) -> io::Result<Asked> {
        loop {
            let told = self.told.notified();
            if let Some(first) = self.seen().into_iter().next() {
                return Ok(first);
            }
            let patience = Duration::from_secs(20);
            tokio::time::timeout(patience, told)
                .await
                .map_err(io::Error::other)?;
        }
    }

    /// How many bytes of long bodies it got rid of, those in the system's buffers included.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// Everything it was asked, in order.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: impl FnOnce(Asked) -> Answer,
    sent: &AtomicUsize,
) -> io::Result<()> {
    let (head, body) = read_request(&mut stream).await?;
    match answer(Asked::read(&head, body)) {
        Answer::Whole {
            status,
            headers,
            body,
        } => {
            let headers: String = headers
                .iter()
                .flat_map(|(name, value)| [name, ": ", value, "\r\n"])
                .collect();
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
            );
            stream.write_all(text.as_bytes()).await?;
            stream.write_all(&body).await?;
            stream.shutdown().await
        }
        Answer::Truncated => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"data\":[")
                .await?;
            stream.shutdown().await
        }
        Answer::Long(bytes) => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                .await?;
            let chunk = vec![b' '; 1 << 16];
            for _ in 0..bytes.div_ceil(chunk.len()) {
                stream.write_all(&chunk).await?;
                sent.fetch_add(chunk.len(), Ordering::Relaxed);
            }
            stream.shutdown().await
        }
        Answer::Raw(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Answer::Drip => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"data\":[")
                .await?;
            let mut now_and_then = tokio::time::interval(Duration::from_millis(50));
            loop {
                now_and_then.tick().await;
                stream.write_all(b" ").await?;
            }
        }
        Answer::Hang => std::future::pending().await,
        Answer::Reset => stream.set_zero_linger(),
        Answer::Close => Ok(()),
    }
}

/// Reads the head of a request and its body, if any.
async fn read_request(stream: &mut TcpStream) -> io::Result<(String, String)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await?;
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= body_length(head)
        {
            return Ok((head.to_owned(), body.to_owned()));
        }
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn body_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse().ok())
        .unwrap_or_default()
}

impl Asked {
    fn read(head: &str, body: String) -> Self {
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.to_owned(),
            query: query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
            headers: lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect(),
            body,
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&hex, 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
