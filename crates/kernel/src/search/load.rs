//! Reads shelves from the tables, and brings them up to date.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Instant,
};

use uuid::Uuid;

use super::{
    index::{Content, Due, Holder, Names, SearchedKind, Source},
    record::SearchedRecord,
    shelf::Shelf,
};
use crate::{
    Kernel,
    audit::{AuditEntry, Author},
    directory::account::Account,
    ids::AccountId,
    kinds::{Owner, RecordKind},
    ports::table::{Index, Item, Key, MAX_KEYS, Pages, Query, Range, Table},
    problem::{Code, Result},
    record::{Record as _, decode, partition},
};

/// Records are read in pages of so many.
const PAGE: usize = 500;
/// Entries of other processes may become visible so long after the time that is in their ids.
const ENTRIES_LATE_MILLIS: i64 = 60_000;
/// With more new entries than these, a shelf is read anew.
const MAX_ENTRIES: usize = 300;

impl Kernel {
    /// Brings a shelf up to date, so that it can be searched. `share` says after which part of the time for which a shelf is
    /// believed other processes' writes are looked for.
    pub(super) async fn bring_up_to_date(&self, holder: &Holder, share: u32) -> Result<()> {
        let _updating = holder.updating.lock().await;
        let due = holder.due(holder.content.read().await.as_ref(), self.search_index(), share);
        match due {
            Due::Nothing => return Ok(()),
            Due::Written => {}
            Due::Check => {
                if self.note_entries(holder).await? == Entries::TooMany {
                    self.load(holder).await?;
                }
            }
            Due::Load => self.load(holder).await?,
        }
        self.follow_notes(holder).await
    }

    /// Reads all records of a shelf.
    async fn load(&self, holder: &Holder) -> Result<()> {
        let index = self.search_index();
        let (noted, begun, checked_at) = (holder.noted(), Instant::now(), self.now());
        let names = index.names();
        let mut loading = Loading { names: &names, shelf: Shelf::default(), found_names: HashMap::new() };
        let mut is_partial = false;
        let kinds = || index.kinds(self.kinds()).iter().enumerate().filter(|(_, kind)| holder.source.has(kind));
        let shared = self.router().shared();
        match holder.source {
            Source::Catalogue | Source::Accounts => {
                for (number, kind) in kinds() {
                    let list = kind.form.listed_in.unwrap_or_default();
                    loading.read(shared.as_ref(), number, kind, Index::Gsi1, list.to_owned(), Range::All).await?;
                }
            }
            Source::Account(account) => {
                for (number, kind) in kinds() {
                    let range = Range::Prefix(kind.kind.sort.to_owned());
                    let table = match self.table_of(account, &kind.kind).await {
                        Ok(table) => table,
                        // It has no records yet, or none any more.
                        Err(problem) if problem.code == Code::Conflict => continue,
                        Err(problem) => {
                            tracing::debug!(%problem, %account, "search goes on without the account's own table");
                            is_partial = true;
                            continue;
                        }
                    };
                    loading.read(table.as_ref(), number, kind, Index::Table, partition(account), range).await?;
                }
            }
        }
        let Loading { mut shelf, found_names, .. } = loading;
        shelf.shrink();
        if holder.source == Source::Catalogue {
            index.set_names(found_names);
        }
        let bytes = shelf.bytes();
        let content = Content {
            shelf,
            loaded: begun,
            load_took: begun.elapsed(),
            checked: begun,
            checked_at,
            generation: names.generation,
            is_partial,
        };
        *holder.content.write().await = Some(content);
        holder.set_bytes(bytes);
        // What was noted before is in the records that were read; an index may lag, and then the notes stay.
        holder.followed(noted);
        Ok(())
    }

    /// Reads the records again that were written since.
    async fn follow_notes(&self, holder: &Holder) -> Result<()> {
        let noted = holder.noted();
        let Some(keys) = holder.written_keys() else { return self.load(holder).await };
        if keys.is_empty() {
            return Ok(());
        }
        let index = self.search_index();
        let names = index.names();
        let mut records = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_KEYS) {
            records.extend(self.read_again(holder, keys, &names).await?);
        }
        let mut names = (holder.source == Source::Catalogue).then(|| names.by_id.clone());
        let mut content = holder.content.write().await;
        let Some(content) = content.as_mut() else { return Ok(()) };
        for (number, id, record) in records {
            content.shelf.remove(number, id);
            let Some(record) = record else {
                if let Some(names) = &mut names {
                    names.remove(&id);
                }
                continue;
            };
            if content.shelf.has_room(record.texts.iter().map(|text| text.len() + 1).sum()) {
                content.shelf.add(number, id, record.enterprise, record.texts.iter());
            }
            if let Some(names) = &mut names {
                names.insert(id, record.name);
            }
        }
        holder.set_bytes(content.shelf.bytes());
        holder.followed(noted);
        if let Some(names) = names {
            index.set_names(names);
        }
        Ok(())
    }

    /// The records of some keys as they are now.
    async fn read_again(
        &self,
        holder: &Holder,
        keys: &[Key],
        names: &Names,
    ) -> Result<Vec<(u8, Uuid, Option<SearchedRecord>)>> {
        let kinds = self.search_index().kinds(self.kinds());
        let place_of = |key: &Key| {
            let (number, kind) = kinds.iter().enumerate().find(|(_, searched)| searched.kind.has_key(key))?;
            let id: Uuid = kind.kind.id_in(key)?.parse().ok()?;
            holder.source.has(kind).then_some((number, kind, id))
        };
        let (mut places, mut directory, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            let Some((number, kind, id)) = place_of(key) else { continue };
            let list = if kind.kind.is_workload() { &mut own } else { &mut directory };
            places.push((number, kind, id, kind.kind.is_workload()));
            list.push(key.clone());
        }
        let mut directory = self.router().shared().batch_get(&directory).await?.into_iter();
        let mut own = match (holder.source, kinds.iter().find(|searched| searched.kind.is_workload())) {
            (Source::Account(account), Some(kind)) if !own.is_empty() => {
                self.table_of(account, &kind.kind).await?.batch_get(&own).await?.into_iter()
            }
            _ => Vec::new().into_iter(),
        };
        let read = places.into_iter().map(|(number, kind, id, is_workload)| {
            let item = if is_workload { own.next() } else { directory.next() }.flatten();
            let record = item.and_then(|item| SearchedRecord::read(kind, &item, names));
            (u8::try_from(number).expect("there are few kinds"), id, record)
        });
        Ok(read.collect())
    }

    /// Notes what other processes may have written to an account since the last look, by its audit log: a change and its entry
    /// are one commit.
    async fn note_entries(&self, holder: &Holder) -> Result<Entries> {
        let Source::Account(account) = holder.source else { return Ok(Entries::Noted) };
        let (begun, now) = (Instant::now(), self.now());
        let Some(since) = holder.content.read().await.as_ref().map(|content| content.checked_at) else {
            return Ok(Entries::TooMany);
        };
        let millis = u64::try_from(since.as_millisecond() - ENTRIES_LATE_MILLIS).unwrap_or(0);
        let first = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
        let prefix = format!("{}#", AuditEntry::KIND);
        let range = Range::Between(format!("{prefix}{first}"), format!("{prefix}~"));
        let query = Query { limit: MAX_ENTRIES, ..Query::ascending(Index::Table, partition(account), range) };
        let rows = self.router().shared().query(&query).await?;
        if rows.next.is_some() {
            return Ok(Entries::TooMany);
        }
        let mut keys = BTreeSet::new();
        for item in &rows.items {
            let entry = decode::<AuditEntry>(item)?.record;
            // A run changes records that its entries do not name.
            if matches!(entry.author, Author::Workflow { .. }) {
                return Ok(Entries::TooMany);
            }
            let target =
                entry.target.and_then(|target| Some(self.kinds().named(&target.kind)?.key_of(account, &target.id)));
            keys.extend(target);
        }
        for key in keys {
            holder.note(key, None);
        }
        if let Some(content) = holder.content.write().await.as_mut() {
            (content.checked, content.checked_at) = (begun, now);
        }
        Ok(Entries::Noted)
    }

    /// The table that has an account's records of a kind.
    pub(super) async fn table_of(&self, account: AccountId, kind: &RecordKind) -> Result<Arc<dyn Table>> {
        if !kind.is_workload() {
            return Ok(Arc::clone(self.router().shared()));
        }
        let route = self.router().route(account).await?;
        self.router().table(&route).await
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entries {
    Noted,
    TooMany,
}

impl Source {
    pub(super) fn has(self, searched: &SearchedKind) -> bool {
        let is_account = searched.kind.noun == Account::NOUN;
        match self {
            Self::Catalogue => searched.kind.owner == Owner::Platform,
            Self::Accounts => is_account,
            Self::Account(_) => searched.kind.owner == Owner::Account && !is_account,
        }
    }
}

struct Loading<'k> {
    names: &'k Names,
    shelf: Shelf,
    found_names: HashMap<Uuid, String>,
}

impl Loading<'_> {
    async fn read(
        &mut self,
        table: &dyn Table,
        number: usize,
        kind: &SearchedKind,
        index: Index,
        pk: String,
        range: Range,
    ) -> Result<()> {
        let number = u8::try_from(number).expect("there are few kinds");
        let mut pages = Pages::new(table, Query { limit: PAGE, ..Query::ascending(index, pk, range) });
        while let Some(items) = pages.next().await? {
            for item in &items {
                self.add(number, kind, item);
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn add(&mut self, number: u8, kind: &SearchedKind, item: &Item) {
        if !kind.kind.has_key(&item.key) {
            return;
        }
        let Some(record) = SearchedRecord::read(kind, item, self.names) else { return };
        let size = record.texts.iter().map(|text| text.len() + 1).sum();
        if self.shelf.has_room(size) {
            self.shelf.add(number, record.id, record.enterprise, record.texts.iter());
            if kind.kind.owner == Owner::Platform {
                self.found_names.insert(record.id, record.name);
            }
        }
    }
}
