//! The wire: accepts connections on loopback, finds the vendor by the first part of the path, and lets faults
//! happen. What a vendor says is not its business.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::simulator::call::{self, Call, Recent, Reply};
use crate::simulator::demo::World;
use crate::simulator::fault::{self, Fault, Planned};
use crate::simulator::{Seen, VENDORS};

/// How far back a vendor remembers what it answered.
const MEMORY: TimeDelta = TimeDelta::minutes(1);

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    clock: Clock,
    /// The invented world.
    pub(super) world: World,
    /// What goes wrong.
    pub(super) faults: Mutex<Vec<Planned>>,
    /// Every request so far.
    pub(super) log: Mutex<Vec<Entry>>,
}

/// A request in the log.
#[derive(Debug)]
pub(super) struct Entry {
    /// The request.
    pub(super) seen: Seen,
    at: DateTime<Utc>,
    /// `None`: not answered, or not by the vendor.
    status: Option<u16>,
}

type Body = BoxBody<Bytes, io::Error>;

impl Shared {
    /// A world that starts now.
    pub(super) fn new(clock: Clock, seed: u64) -> Self {
        let world = World::new(seed, clock.now());
        Self {
            clock,
            world,
            faults: Mutex::default(),
            log: Mutex::default(),
        }
    }

    /// Writes a request down; returns its place in the log.
    fn record(&self, seen: Seen, at: DateTime<Utc>) -> usize {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(Entry {
            seen,
            at,
            status: None,
        });
        log.len() - 1
    }

    fn recent(&self, vendor: &str, now: DateTime<Utc>) -> Vec<Recent> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut recent: Vec<Recent> = log
            .iter()
            .rev()
            .take_while(|entry| now - entry.at < MEMORY)
            .filter(|entry| entry.seen.vendor == vendor)
            .filter_map(|entry| {
                Some(Recent {
                    at: entry.at,
                    status: entry.status?,
                    headers: entry.seen.headers.clone(),
                })
            })
            .collect();
        recent.reverse();
        recent
    }

    /// The vendor's own answer, with what follows from it for later ones.
    fn answer(&self, seen: &Seen) -> Reply {
        let now = self.clock.now();
        let Some(vendor) = VENDORS.iter().find(|vendor| vendor.id == seen.vendor) else {
            return Reply::error(404, "no such vendor is simulated");
        };
        let call = Call {
            world: &self.world,
            now,
            method: &seen.method,
            path: &call::decoded(&seen.path),
            query: call::pairs(&seen.query),
            headers: &seen.headers,
            recent: self.recent(&seen.vendor, now),
        };
        (vendor.answer)(&call)
    }

    fn note_status(&self, place: usize, status: u16) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = log.get_mut(place) {
            entry.status = Some(status);
        }
    }
}

/// Serves until aborted; its connections end with it.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        // A failed accept is a client that went away or a lack of file handles: neither ends the simulator.
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(connection(stream, Arc::clone(&shared)));
        } else {
            tokio::task::yield_now().await;
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| respond(request, Arc::clone(&shared)));
    // An error here is a client that hung up or a fault that was asked for.
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Body>, io::Error> {
    let seen = seen(&request);
    let place = shared.record(seen.clone(), shared.clock.now());
    let fault = {
        let faults = shared.faults.lock().unwrap_or_else(PoisonError::into_inner);
        fault::planned_for(&faults, &seen.vendor, &seen.path)
    };
    let honest = || {
        let reply = shared.answer(&seen);
        shared.note_status(place, reply.status);
        reply
    };
    match fault {
        None => whole(honest()),
        Some(Fault::Answer {
            status,
            headers,
            body,
        }) => whole(Reply {
            status,
            headers,
            body,
        }),
        Some(Fault::Slow(wait)) => {
            tokio::time::sleep(wait).await;
            whole(honest())
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Reset) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        Some(Fault::Truncated) => half(honest()),
    }
}

fn seen(request: &Request<Incoming>) -> Seen {
    let path = request.uri().path().trim_start_matches('/');
    let (vendor, rest) = path.split_once('/').unwrap_or((path, ""));
    Seen {
        vendor: vendor.to_owned(),
        method: request.method().to_string(),
        path: format!("/{rest}"),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
    }
}

fn whole(reply: Reply) -> Result<Response<Body>, io::Error> {
    let body = Full::new(Bytes::from(reply.body)).map_err(|never| match never {});
    response(reply.status, &reply.headers, body.boxed())
}

/// Promises the whole length, sends half of it, and cuts the connection.
fn half(reply: Reply) -> Result<Response<Body>, io::Error> {
    let length = reply.body.len();
    let mut sent = reply.body;
    sent.truncate(length / 2);
    // The half is sent off while the stream waits a turn; an error at once would take it along.
    let frames = stream::iter([Ok(Frame::data(Bytes::from(sent)))]).chain(stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    }));
    let mut headers = reply.headers;
    headers.push((header::CONTENT_LENGTH.to_string(), length.to_string()));
    let body = StreamBody::new(frames);
    response(reply.status, &headers, BodyExt::boxed(body))
}

fn response(
    status: u16,
    headers: &[(String, String)],
    body: Body,
) -> Result<Response<Body>, io::Error> {
    headers
        .iter()
        .fold(
            Response::builder()
                .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
            |builder, (name, value)| builder.header(name, value),
        )
        .body(body)
        .map_err(io::Error::other)
}
