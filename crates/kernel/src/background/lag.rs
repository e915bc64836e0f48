//! How far the background is behind: for each kind of work, how long the oldest record has waited.

use std::{collections::HashMap, sync::Mutex};

use jiff::Timestamp;
use serde::Serialize;

use super::WorkKind;
use crate::ports::table::{Item, TableName};

/// Work that waits longer than this is reported as behind: 30 s.
const BEHIND_SECONDS: f64 = 30.0;

/// Since when records wait, in each table that was found to have some.
#[derive(Debug, Default)]
pub struct Lags(Mutex<HashMap<(TableName, WorkKind), Timestamp>>);

/// How long the oldest record of each kind of work has waited, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackgroundLag {
    pub copies: f64,
    pub events: f64,
    pub seals: f64,
    pub dead_letters: f64,
    pub invitations: f64,
    /// The kinds of work that are more than 30 s behind.
    pub behind: Vec<&'static str>,
}

impl Lags {
    /// These records wait.
    pub(super) fn found(&self, table: &TableName, kind: WorkKind, items: &[Item], now: Timestamp) {
        let mut waiting = self.0.lock().expect("no holder panics");
        if items.is_empty() {
            waiting.remove(&(table.clone(), kind));
            return;
        }
        let made = match kind {
            WorkKind::Events | WorkKind::Seals | WorkKind::Invitations => {
                items.iter().filter_map(|item| made_at(&item.index[2].as_ref()?.sk)).min()
            }
            // Their keys name the record that they are about: it waits since the line was found not to be empty.
            WorkKind::Copies | WorkKind::Letters => None,
        };
        let since = waiting.entry((table.clone(), kind)).or_insert(now);
        *since = made.map_or(*since, |made| made.min(now));
    }

    pub(super) fn nothing_waits(&self, table: &TableName, kind: WorkKind) {
        self.0.lock().expect("no holder panics").remove(&(table.clone(), kind));
    }

    pub fn at(&self, now: Timestamp) -> BackgroundLag {
        let waiting = self.0.lock().expect("no holder panics");
        let mut lag = BackgroundLag::default();
        for ((_, kind), since) in waiting.iter() {
            let place = match kind {
                WorkKind::Copies => &mut lag.copies,
                WorkKind::Events => &mut lag.events,
                WorkKind::Seals => &mut lag.seals,
                WorkKind::Letters => &mut lag.dead_letters,
                WorkKind::Invitations => &mut lag.invitations,
            };
            *place = place.max(now.duration_since(*since).as_secs_f64());
        }
        let all = [lag.copies, lag.events, lag.seals, lag.dead_letters, lag.invitations];
        let kinds = WorkKind::ALL.into_iter().zip(all);
        lag.behind = kinds.filter(|(_, lag)| *lag > BEHIND_SECONDS).map(|(kind, _)| kind.as_str()).collect();
        lag
    }
}

/// When the record that waits under a key was made, where its key ends with an id that says so.
fn made_at(key: &str) -> Option<Timestamp> {
    let id: uuid::Uuid = key.rsplit('#').next()?.parse().ok()?;
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}
