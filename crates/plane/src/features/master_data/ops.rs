//! Reading, listing, writing and deleting master data, the same for every kind.

use std::collections::HashMap;

use super::{LinkUse, MasterRecord, UseCount, by_name, key, list_key, name_claim};
use crate::{
    change::Change,
    event_kinds::Reference,
    guard::{
        Granted,
        actions::{Action, MasterDataRead},
    },
    ids::{Id, known},
    page::PageQuery,
    plane::Plane,
    ports::table::{Condition, Index, Is, Item, MAX_KEYS, Order, Position, Query, Range, Rows, TableError, Write},
    problem::{Code, Problem, Result},
    record::{Stored, decode},
    system::{SystemTable, SystemTask},
    text::Name,
};

/// One page of a kind, with the cursor of the next.
#[derive(Debug)]
pub struct MasterRows {
    pub items: Vec<Item>,
    pub next_cursor: Option<String>,
}

impl Plane {
    /// A record of master data by its id.
    pub async fn master<R: MasterRecord>(&self, id: Id<R::Kind>) -> Result<Stored<R>> {
        let item = self.system(SystemTask::Catalogue).get(&key::<R>(id)).await?;
        item.map(|item| decode(&item)).transpose()?.ok_or_else(no_such::<R>)
    }

    /// Those of some ids that are there.
    pub async fn masters<R: MasterRecord>(&self, ids: &[Id<R::Kind>]) -> Result<HashMap<Id<R::Kind>, Stored<R>>> {
        let mut found = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(MAX_KEYS) {
            let keys: Vec<_> = ids.iter().map(|id| key::<R>(*id)).collect();
            for item in self.system(SystemTask::Catalogue).batch_get(&keys).await?.iter().flatten() {
                let record = decode::<R>(item)?;
                found.insert(record.id(), record);
            }
        }
        Ok(found)
    }

    /// A page of a kind, by name; of those whose names begin so, if a beginning is given.
    pub async fn master_page<R: MasterRecord>(&self, page: &PageQuery, begin: Option<&Name>) -> Result<MasterRows> {
        let of = listed::<R>(begin);
        let after = page.cursor.as_deref().map(|cursor| self.cursors().open(&of, cursor)).transpose()?;
        let query = Query {
            index: Index::Gsi1,
            pk: R::KIND.into(),
            range: begin.map_or(Range::All, |begin| Range::Prefix(by_name(begin))),
            order: Order::Ascending,
            limit: page.limit.get(),
            after,
        };
        let Rows { items, next } = self.system(SystemTask::Catalogue).query(&query).await?;
        Ok(MasterRows { items, next_cursor: next.map(|position| self.cursors().seal(&of, &position)) })
    }

    /// A page of a kind, by name: of all, or of these ids alone.
    pub async fn visible_masters<R: MasterRecord>(
        &self,
        who: &Granted<MasterDataRead>,
        page: &PageQuery,
        begin: Option<&Name>,
        ids: Option<&[Id<R::Kind>]>,
    ) -> Result<(Vec<R>, Option<String>)> {
        let Some(ids) = ids else {
            let rows = self.master_page::<R>(page, begin).await?;
            let records: Result<Vec<R>> = rows.items.iter().map(|item| Ok(decode::<R>(item)?.record)).collect();
            return Ok((records?, rows.next_cursor));
        };
        let of = format!("{} of {}", listed::<R>(begin), who.account());
        let after = page.cursor.as_deref().map(|cursor| self.cursors().open(&of, cursor)).transpose()?;
        let begin = begin.map(by_name).unwrap_or_default();
        let found = self.masters::<R>(ids).await?.into_values().map(|stored| (list_key(&stored.record), stored.record));
        let mut records: Vec<_> = found.filter(|(_, record)| by_name(record.name()).starts_with(&begin)).collect();
        records.sort_by(|one, other| one.0.cmp(&other.0));
        if let Some(Position { key, .. }) = after {
            records.retain(|(here, _)| *here > key);
        }
        let more = records.len() > page.limit.get();
        records.truncate(page.limit.get());
        let last = records.last().filter(|_| more).map(|(key, _)| Position { key: key.clone(), index: None });
        let next = last.map(|position| self.cursors().seal(&of, &position));
        Ok((records.into_iter().map(|(_, record)| record).collect(), next))
    }

    /// The cursor that goes on behind a position of such a list.
    pub fn master_cursor<R: MasterRecord>(&self, begin: Option<&Name>, position: &Position) -> String {
        self.cursors().seal(&listed::<R>(begin), position)
    }

    /// Refuses if a license uses one of the links to be removed; adds a condition to the change that fails if a license
    /// starts to use one concurrently.
    pub async fn unlink<R: MasterRecord, T>(
        &self,
        change: &mut Change,
        from: Id<R::Kind>,
        gone: &[Id<T>],
    ) -> Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        let table = self.system(SystemTask::Catalogue);
        let key = UseCount::key::<R>(from);
        let seen = table.get(&key).await?.map_or(Condition::Absent, |uses| Condition::Version(uses.version));
        for to in gone {
            if is_link_used::<R, T>(&table, from, *to).await? {
                return Err(in_use::<R>("a license stands on a link that is to go"));
            }
        }
        change.write(Write::Check { key, when: seen });
        Ok(())
    }
}

async fn is_link_used<R: MasterRecord, T>(
    table: &SystemTable,
    from: Id<R::Kind>,
    to: Id<T>,
) -> Result<bool, TableError> {
    let (pk, prefix) = LinkUse::of::<R, T>(from, to);
    let range = Range::Prefix(prefix);
    let query = Query { index: Index::Table, pk, range, order: Order::Ascending, limit: 1, after: None };
    Ok(!table.query(&query).await?.items.is_empty())
}

/// The change that makes a record of master data.
pub fn created<A: Action, R: MasterRecord>(who: &Granted<A>, new: &R) -> Change {
    let mut change = platform_change::<A, R>(who, new);
    change.claim_name(&name_claim::<R>(new.id(), new.name()), &name_taken::<R>(new.name()));
    change.create(new);
    change.create(&UseCount::none::<R>(new.id()));
    change.event(&R::EVENTS.created, &Reference::to(R::NOUN, new.id()));
    change
}

/// The change that replaces one; refuses for those of Day-0.
pub fn replaced<A: Action, R: MasterRecord>(who: &Granted<A>, old: &Stored<R>, new: &R) -> Result<Change> {
    protect::<R>(old)?;
    let mut change = platform_change::<A, R>(who, new);
    let (before, after) = (name_claim::<R>(old.id(), old.name()), name_claim::<R>(new.id(), new.name()));
    change.rename(&before, &after, name_taken::<R>(new.name()));
    change.replace(old, new);
    change.event(&R::EVENTS.updated, &Reference::to(R::NOUN, new.id()));
    Ok(change)
}

/// The change that deletes one that no license uses; refuses for those of Day-0. Links to it end with it: nobody
/// shows a link to what is not there, and ids never come back.
pub fn removed<A: Action, R: MasterRecord>(who: &Granted<A>, old: &Stored<R>) -> Result<Change> {
    protect::<R>(old)?;
    let mut change = platform_change::<A, R>(who, &old.record);
    let unused = Condition::field("uses", Is::Equal, 0);
    let uses = Write::Delete { key: UseCount::key::<R>(old.id()), when: unused };
    change.write_or(uses, in_use::<R>("a license uses it"));
    change.remove(old);
    change.release_name(&name_claim::<R>(old.id(), old.name()));
    change.event(&R::EVENTS.deleted, &Reference::to(R::NOUN, old.id()));
    Ok(change)
}

/// Master data is the platform's: whatever account an operator names, the change is one of the platform account.
fn platform_change<A: Action, R: MasterRecord>(who: &Granted<A>, of: &R) -> Change {
    Change::by(who).for_account(known::ROOT_ACCOUNT).about(R::NOUN, of.id())
}

fn protect<R: MasterRecord>(record: &R) -> Result<()> {
    if record.built_in() {
        let detail = format!("the {} {} is the platform's own", R::NOUN, record.name());
        return Err(Problem::new(Code::Protected, detail));
    }
    Ok(())
}

/// What a cursor of a list is bound to: the kind, and the beginning of the names.
fn listed<R: MasterRecord>(begin: Option<&Name>) -> String {
    format!("{} {:?}", R::KIND, begin.map(by_name))
}

fn no_such<R: MasterRecord>() -> Problem {
    Problem::new(Code::NotFound, format!("there is no such {}", R::NOUN))
}

fn name_taken<R: MasterRecord>(name: &Name) -> Problem {
    Problem::new(Code::NameTaken, format!("there is another {} of the name {name}", R::NOUN))
}

fn in_use<R: MasterRecord>(why: &str) -> Problem {
    Problem::new(Code::InUse, format!("the {} is still in use: {why}", R::NOUN))
        .help("delete the licenses that use it first; GET /api/licenses lists those of an account")
}
