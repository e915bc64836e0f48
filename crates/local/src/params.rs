//! The parameter store, as records of a table.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel::ports::{
    params::{Params, ParamsError},
    table::{CommitError, Condition, Key, NewItem, Table, Write},
};
use serde::{Deserialize, Serialize};

pub struct TableParams(Arc<dyn Table>);

#[derive(Serialize, Deserialize)]
struct Parameter {
    value: String,
}

impl TableParams {
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self(table)
    }
}

fn key(name: &str) -> Key {
    Key::new(format!("PARAMETER#{name}"), "VALUE")
}

fn write(name: &str, value: &str, when: Condition) -> Write {
    let body = serde_json::to_vec(&Parameter { value: value.to_owned() }).expect("text is JSON");
    let item = NewItem { key: key(name), index: [None, None, None], expires: None, body: Bytes::from(body) };
    Write::Put { item, when }
}

#[async_trait]
impl Params for TableParams {
    async fn get(&self, name: &str) -> Result<Option<String>, ParamsError> {
        let item = self.0.get(&key(name)).await.map_err(|error| ParamsError(error.to_string().into()))?;
        let value = item.map(|item| serde_json::from_slice::<Parameter>(&item.body)).transpose();
        Ok(value.map_err(|error| ParamsError(error.to_string().into()))?.map(|parameter| parameter.value))
    }

    async fn put_new(&self, name: &str, value: &str) -> Result<(), ParamsError> {
        match self.0.commit(vec![write(name, value, Condition::Absent)]).await {
            Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
            Err(CommitError::Table(error)) => Err(ParamsError(error.to_string().into())),
        }
    }

    async fn put(&self, name: &str, value: &str) -> Result<(), ParamsError> {
        let written = self.0.commit(vec![write(name, value, Condition::Always)]).await;
        written.map_err(|error| ParamsError(error.to_string().into()))
    }

    async fn delete(&self, name: &str) -> Result<(), ParamsError> {
        let write = Write::Delete { key: key(name), when: Condition::Always };
        self.0.commit(vec![write]).await.map_err(|error| ParamsError(error.to_string().into()))
    }
}
