//! The embedded profile: everything in the data folder.

use std::sync::Arc;

use local::{dedicated_tables::LocalTables, events::Bus, mailer::OutboxMailer, params::TableParams, table::FileTables};
use plane::{
    identity::{Parts, Provider},
    ports::{
        cross_account::NoCrossAccountAccess,
        table::{TableName, Tables as _},
    },
};

use super::{Adapters, HostServices, identity_settings};
use crate::{
    config::Config,
    fail::{Failure, Outcome},
    folder::{self, FolderPaths},
};

pub(super) async fn ground(config: &Config, places: &FolderPaths, machine: &HostServices) -> Outcome<Adapters> {
    let folder::Keys { platform, signing } = folder::keys(places, &*machine.rng)?;
    let tables = FileTables::open(&places.0).map_err(Failure::usage)?;
    let shared = tables.create(&TableName::shared()).await.map_err(Failure::usage)?;
    folder::note_tables(places)?;
    let identity = Provider::start(Parts {
        settings: identity_settings(config, true),
        table: Arc::clone(&shared),
        keys: Arc::new(signing),
        clock: Arc::clone(&machine.clock),
        rng: Arc::clone(&machine.rng),
    });
    let identity = identity.map_err(|error| {
        Failure::usage(error).detail("nothing was started").hint("put the folder `keys` back from a backup")
    })?;
    Ok(Adapters {
        tables: Arc::new(tables.clone()),
        identity: Arc::new(identity),
        params: Arc::new(TableParams::new(Arc::clone(&shared))),
        mailer: Arc::new(OutboxMailer::new(shared, platform.clone(), Arc::clone(&machine.rng))),
        events: Arc::new(Bus::default()),
        dedicated_tables: Arc::new(LocalTables::new(Arc::new(tables.clone()))),
        cross_account: Arc::new(NoCrossAccountAccess),
        machines: None,
        dead_letters: None,
        counting: None,
        files: Some(tables),
        key: platform,
        alone: true,
    })
}
