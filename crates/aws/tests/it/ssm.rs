//! The parameter store against moto.
//!
//! What moto does otherwise than SSM: it takes values of any length, and a read never lags behind a write.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws::{
    connect::Limits,
    ssm::{Options, SsmParams},
};
use kernel::ports::params::Params;
use testkit::conformance::params;

use crate::emulator::{Lossy, Shared, connection, moto};

async fn params(endpoint: String, prefix: &str) -> SsmParams {
    let options = Options { endpoint: Some(endpoint), prefix: prefix.to_owned(), ..Options::default() };
    SsmParams::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = moto().await;
    let made = AtomicUsize::new(0);
    let count = params::check(async || {
        let prefix = format!("/case{}", made.fetch_add(1, Ordering::Relaxed));
        Arc::new(params(emulator.endpoint(), &prefix).await) as Arc<dyn Params>
    })
    .await;
    println!("SSM parameters: {count} cases");
}

#[tokio::test]
async fn calls_whose_answers_are_lost_are_made_again() {
    let emulator = moto().await;
    let lossy = Lossy::before(&emulator).await;
    let params = params(lossy.endpoint(), "/freehold").await;
    lossy.lose(2);
    params.put("/a", "one").await.unwrap();
    lossy.lose(2);
    assert_eq!(params.get("/a").await.unwrap().as_deref(), Some("one"));
    lossy.lose(1);
    params.delete("/a").await.unwrap();
    assert_eq!(params.get("/a").await.unwrap(), None);
}

#[tokio::test]
async fn what_ssm_does_not_take_is_an_error_by_name() {
    let emulator = moto().await;
    let params = params(emulator.endpoint(), "/aws").await;
    let refused = params.put("/reserved", "one").await.unwrap_err();
    assert!(refused.to_string().starts_with("the parameter store does not answer now: SSM: "), "{refused}");
}
