//! What every adapter of the table port must pass: named cases, each on a table of its own.
//!
//! A case panics where the adapter falls short; [`check`] runs them all and names those that did. Reads of `Gsi1` to
//! `Gsi3` are repeated for a while, since the port lets them lag.

mod commits;
mod conditions;
mod ground;
mod limits;
mod pages;
mod races;
mod ranges;
mod records;
mod stores;

use std::{pin::Pin, sync::Arc};

use plane::ports::table::Tables;

/// A case at work.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One thing that the port promises.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub run: fn(Arc<dyn Tables>) -> Running,
}

/// All cases; no two have one name.
pub fn cases() -> Vec<Case> {
    [
        records::cases(),
        conditions::cases(),
        commits::cases(),
        limits::cases(),
        ranges::cases(),
        pages::all(),
        stores::cases(),
        races::cases(),
    ]
    .concat()
}

/// Runs every case on a store of its own and answers how many there were; panics with the names of those that fail.
pub async fn check<Make, Made>(make: Make) -> usize
where
    Make: Fn() -> Made,
    Made: Future<Output = Arc<dyn Tables>>,
{
    let cases = cases();
    let mut failed = Vec::new();
    for case in &cases {
        let tables = make().await;
        if let Err(error) = tokio::spawn((case.run)(tables)).await {
            failed.push(format!("{}: {error}", case.name));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
    cases.len()
}

/// Writes `name(ground) { … }` as cases under `prefix`, each with a fresh table.
macro_rules! suite {
    ($prefix:literal; $($name:ident($ground:ident) $body:block)*) => {
        pub(super) fn cases() -> Vec<crate::conformance::table::Case> {
            vec![$(crate::conformance::table::Case {
                name: concat!($prefix, "::", stringify!($name)),
                run: |tables| Box::pin(async move {
                    let $ground = crate::conformance::table::ground::Ground::new(tables).await;
                    $body
                }),
            }),*]
        }
    };
}
use suite;
