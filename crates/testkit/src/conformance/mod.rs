//! What every adapter of a port must pass.

#![expect(clippy::unwrap_used, reason = "a case is a test: what cannot be unwrapped fails it")]

pub mod dead_letters;
pub mod events;
pub mod identity;
pub mod mailer;
pub mod params;
pub mod table;

use std::{future::Future, pin::Pin, time::Duration};

/// What was written may take so long to show where a port lets it lag.
const LAG: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// A named case of a suite, on a subject of its own.
type Case<Subject> = (&'static str, fn(Subject) -> Pin<Box<dyn Future<Output = ()> + Send>>);

/// Writes `name(subject) { … }` as cases.
macro_rules! cases {
    ($subject:ty; $($name:ident($ground:ident) $body:block)*) => {
        pub(super) fn cases() -> Vec<crate::conformance::Case<$subject>> {
            vec![$((stringify!($name), |$ground: $subject| Box::pin(async move { $body }))),*]
        }
    };
}
use cases;

/// Runs every case and answers how many there were; panics with the names of those that fail.
async fn run<Subject, Made>(cases: Vec<Case<Subject>>, make: impl Fn() -> Made) -> usize
where
    Made: Future<Output = Subject>,
{
    let mut failed = Vec::new();
    for (name, case) in &cases {
        if let Err(error) = tokio::spawn(case(make().await)).await {
            failed.push(format!("{name}: {error}"));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
    cases.len()
}

/// Asks again until the answer passes, or the lag is over; answers what it was last.
async fn settled<Answer, Asked>(ask: impl Fn() -> Asked, passes: impl Fn(&Answer) -> bool) -> Answer
where
    Asked: Future<Output = Answer>,
{
    let begun = tokio::time::Instant::now();
    loop {
        let answer = ask().await;
        if passes(&answer) || begun.elapsed() >= LAG {
            return answer;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
