//! The embedded parameter store, mailer and event bus are held to the suites of their ports.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kernel::{
    directory::outbox::StoredMail,
    ports::{
        events::Event,
        mailer::Mailer,
        params::Params,
        table::{Index, Order, Query, Range, Table, TableName, Tables as _},
    },
    secret::PlatformKey,
};
use local::{events::Bus, mailer::OutboxMailer, params::TableParams, random::OsRandom};
use testkit::{
    conformance::{
        events::{self, Listener},
        mailer::{self, Inbox, Received},
        params,
    },
    memory::MemoryTables,
};
use tokio::sync::broadcast::Receiver;

async fn table() -> Arc<dyn Table> {
    MemoryTables::default().create(&TableName::shared()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn table_params_conform() {
    let count = params::check(async || Arc::new(TableParams::new(table().await)) as Arc<dyn Params>).await;
    println!("parameters in a table: {count} cases");
}

fn platform_key() -> PlatformKey {
    PlatformKey::new(&[7; 32])
}

struct Outbox(Arc<dyn Table>);

#[async_trait]
impl Inbox for Outbox {
    async fn received(&self) -> Vec<Received> {
        let all = Query {
            index: Index::Gsi3,
            pk: StoredMail::BY_TIME.to_owned(),
            range: Range::All,
            order: Order::Ascending,
            limit: 100,
            after: None,
        };
        let mails = self.0.query(&all).await.unwrap().items;
        let mails =
            mails.iter().map(|item| serde_json::from_slice::<StoredMail>(&item.body).unwrap().open(&platform_key()));
        mails.map(|mail| Received { to: mail.to, subject: mail.subject, text: mail.text }).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn outbox_mailer_conforms() {
    let count = mailer::check(async || {
        let table = table().await;
        let mailer: Arc<dyn Mailer> =
            Arc::new(OutboxMailer::new(Arc::clone(&table), platform_key(), Arc::new(OsRandom::default())));
        (mailer, Arc::new(Outbox(table)) as Arc<dyn Inbox>)
    })
    .await;
    println!("mail in the outbox: {count} cases");
}

struct Ear {
    hears: Mutex<Receiver<Event>>,
    heard: Mutex<Vec<Event>>,
}

#[async_trait]
impl Listener for Ear {
    async fn heard(&self) -> Vec<Event> {
        let mut heard = self.heard.lock().unwrap();
        let mut hears = self.hears.lock().unwrap();
        while let Ok(event) = hears.try_recv() {
            heard.push(event);
        }
        heard.clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bus_conforms() {
    let count = events::check(async || {
        let bus = Bus::default();
        let ear = Ear { hears: Mutex::new(bus.listen()), heard: Mutex::default() };
        (Arc::new(bus) as Arc<dyn kernel::ports::events::Events>, Arc::new(ear) as Arc<dyn Listener>)
    })
    .await;
    println!("events in the process: {count} cases");
}
