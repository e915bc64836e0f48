//! Another account of the cloud: tables of its own, and roles that let the platform in.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use plane::ports::{
    cross_account::{CrossAccountAccess, CrossAccountError, TableInvitation},
    external_error::{ErrorKind, ExternalError, KnownCondition},
    table::{CrossAccountRole, Table, TableError, TableName, Tables},
};

use crate::memory::MemoryTables;

/// The platform's tables, with the way to those of another account.
pub struct Elsewhere {
    home: Arc<dyn Tables>,
    theirs: MemoryTables,
    /// The external id that each role asks for.
    roles: Mutex<BTreeMap<String, String>>,
    /// Every use of a role: by which external id.
    pub used: Mutex<Vec<CrossAccountRole>>,
}

impl Elsewhere {
    pub fn new(home: Arc<dyn Tables>) -> Arc<Self> {
        Arc::new(Self { home, theirs: MemoryTables::default(), roles: Mutex::default(), used: Mutex::default() })
    }

    /// What the owner's stack makes: the table, and a role that opens with this external id.
    pub async fn stack(&self, table: &str, role: &str, external_id: &str) {
        let name = TableName::try_from(table.to_owned()).expect("a table's name");
        self.theirs.create(&name).await.expect("memory has room");
        self.trust(role, external_id);
    }

    /// From now on the role asks for this external id.
    pub fn trust(&self, role: &str, external_id: &str) {
        self.roles.lock().expect("no holder panics").insert(role.to_owned(), external_id.to_owned());
    }

    /// Every record there, as text.
    pub fn records(&self) -> Vec<String> {
        let tables = self.theirs.dump().into_iter();
        tables.flat_map(|(_, items)| items).map(|item| format!("{} {}", item.key.pk, item.key.sk)).collect()
    }

    fn opens(&self, grant: &CrossAccountRole) -> bool {
        self.used.lock().expect("no holder panics").push(grant.clone());
        self.roles.lock().expect("no holder panics").get(&grant.role) == Some(&grant.external_id)
    }
}

#[async_trait]
impl Tables for Elsewhere {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        self.home.open(name).await
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        self.home.create(name).await
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.home.remove(name).await
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        self.home.list().await
    }

    async fn open_by(&self, grant: &CrossAccountRole, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        if self.opens(grant) {
            return self.theirs.open(name).await;
        }
        let named = KnownCondition { code: "access_denied", fix: "mend its trust policy", kind: ErrorKind::Permanent };
        Err(TableError::Unavailable(ExternalError::new(format!("the role {} can't be assumed", grant.role), named)))
    }
}

#[async_trait]
impl CrossAccountAccess for Elsewhere {
    async fn invitation(&self, table: &TableName) -> Result<TableInvitation, CrossAccountError> {
        Ok(TableInvitation { platform: "arn:aws:iam::123456789012:role/freehold".into(), table: table.to_string() })
    }

    async fn check(&self, grant: &CrossAccountRole, table: &TableName) -> Result<(), CrossAccountError> {
        let refused =
            |cause: &str| Err(CrossAccountError::Refused { cause: cause.to_owned(), fix: "make the stack".into() });
        if !self.opens(grant) {
            return refused("the role does not open with the external id");
        }
        match self.theirs.open(table).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) | Err(_) => refused("there is no table"),
        }
    }
}
