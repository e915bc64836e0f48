//! The commands that ask a server, one file a kind of record.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod connections;
pub(crate) mod dead_letters;
pub(crate) mod doctor;
pub(crate) mod enterprises;
pub(crate) mod entity;
pub(crate) mod events;
pub(crate) mod executions;
pub(crate) mod groups;
pub(crate) mod jobs;
pub(crate) mod licenses;
pub(crate) mod login;
pub(crate) mod me;
pub(crate) mod operate;
pub(crate) mod outbox;
pub(crate) mod preflight;
pub(crate) mod products;
pub(crate) mod provisioning;
pub(crate) mod roles;
pub(crate) mod search;
pub(crate) mod services;
pub(crate) mod users;
pub(crate) mod workstreams;

use serde_json::Value;

use crate::{
    client::{ApiRequest, Client},
    fail::Outcome,
    print,
};

/// A client, and how its answers are shown.
pub(crate) struct Session {
    pub client: Client,
    pub json: bool,
}

impl Session {
    /// Shows a record.
    async fn show(&mut self, ask: ApiRequest) -> Outcome {
        let record = self.client.ask(ask).await?;
        self.print(&record);
        Ok(())
    }

    /// Creates a record, and says its id.
    async fn create(&mut self, ask: ApiRequest) -> Outcome<Value> {
        let record = self.client.ask(ask).await?;
        match record["id"].as_str().filter(|_| !self.json) {
            Some(id) => print::out(id),
            None => self.print(&record),
        }
        Ok(record)
    }

    /// Changes something; that it was done is no news.
    async fn change(&mut self, ask: ApiRequest) -> Outcome {
        let answer = self.client.ask(ask).await?;
        if self.json && !answer.is_null() {
            print::json(&answer);
        }
        Ok(())
    }

    fn print(&self, record: &Value) {
        if self.json { print::json(record) } else { print::record(record) }
    }
}
