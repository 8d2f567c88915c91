//! Lending: a file has one connection, and who comes second waits; a server has two lines, made when they are wanted.
//!
//! There are no timers: an idle ledger does no work.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use crate::store::database::{Connection, Door, Error};

/// A connection for a while.
pub(super) type Lease<'a> = MappedMutexGuard<'a, Connection>;

type Place = Mutex<Option<Connection>>;

/// The connections of a ledger.
pub(super) struct Connections {
    first: Place,
    /// Only a server has a second: so reading need not wait for a write.
    second: Option<Place>,
    /// Where more come from. `None`: what is closed stays so.
    door: Option<Door>,
    is_closed: AtomicBool,
}

impl Connections {
    /// The one of a file or of memory.
    pub(super) fn one(connection: Connection) -> Self {
        Self {
            first: Mutex::new(Some(connection)),
            second: None,
            door: None,
            is_closed: AtomicBool::new(false),
        }
    }

    /// Those of a server; the first line is there already.
    pub(super) fn lines(door: Door, first: Connection) -> Self {
        Self {
            second: Some(Mutex::new(None)),
            door: Some(door),
            ..Self::one(first)
        }
    }

    /// Lends one.
    pub(super) async fn lend(&self) -> Result<Lease<'_>, Error> {
        let mut place = self.free_place().await;
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        if let Some(door) = &self.door
            && !place.as_ref().is_some_and(Connection::is_sound)
        {
            *place = Some(door.open().await?);
        }
        MutexGuard::try_map(place, Option::as_mut).map_err(|_| Error::Closed)
    }

    async fn free_place(&self) -> MutexGuard<'_, Option<Connection>> {
        if let Ok(first) = self.first.try_lock() {
            return first;
        }
        if let Some(Ok(second)) = self.second.as_ref().map(Mutex::try_lock) {
            return second;
        }
        self.first.lock().await
    }

    /// Closes all; none is lent afterwards.
    pub(super) async fn close(&self) -> Result<(), Error> {
        self.is_closed.store(true, Ordering::Release);
        for place in [Some(&self.first), self.second.as_ref()]
            .into_iter()
            .flatten()
        {
            if let Some(connection) = place.lock().await.take() {
                connection.close()?;
            }
        }
        Ok(())
    }
}
