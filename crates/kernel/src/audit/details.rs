//! What an entry says of its target and of the changes, derived from the writes of the change: no feature can forget it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    FieldChange, FieldValue, ListItem, Target,
    changes::{ListChanges, bounded, differences},
};
use crate::{
    Kernel,
    ids::AccountId,
    kinds::{AuditForm, LinkEnd, NamePart, RecordKind},
    ports::table::{Condition, Key, MAX_KEYS, Write},
    problem::Result,
};

/// One record in a change, before and after it.
#[derive(Debug)]
pub(crate) struct RecordChange<'c> {
    pub key: &'c Key,
    /// `None`: absent, or not known.
    pub before: Option<&'c Value>,
    pub after: Option<&'c Bytes>,
}

impl<'c> RecordChange<'c> {
    /// What a write does to a record. `before` is the record that it replaces or removes, where that is known.
    pub(crate) fn of(write: &'c Write, before: Option<&'c Value>) -> Option<Self> {
        match write {
            Write::Put { item, .. } => Some(Self { key: &item.key, before, after: Some(&item.body) }),
            Write::Delete { key, .. } => Some(Self { key, before, after: None }),
            Write::Add { .. } | Write::Check { .. } => None,
        }
    }
}

/// What is derived from the records of a change.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntryDetails {
    pub target_name: Option<String>,
    pub changes: Vec<FieldChange>,
    pub omitted_changes: Option<u64>,
}

/// A record that a name is wanted of.
type Wanted = (&'static str, String);

impl Kernel {
    /// Derives the name of the target and the changed fields from the records of a change in an account.
    pub(crate) async fn entry_details(
        &self,
        account: AccountId,
        target: Option<&Target>,
        records: &[RecordChange<'_>],
    ) -> Result<EntryDetails> {
        let mut found = Found { target, own: None, changes: Vec::new(), links: Vec::new() };
        for record in records {
            if let Some(kind) = self.kinds().of(record.key) {
                found.add(kind, record);
            }
        }
        let Found { own, mut changes, links, .. } = found;
        let declared = target.and_then(|target| Some((self.kinds().named(&target.kind)?, target.id.clone())));
        let mut bodies = BTreeMap::new();
        let mut wanted: Vec<Wanted> = links.iter().map(|link| (link.item.noun, link.id.clone())).collect();
        if let Some((kind, id)) = &declared {
            match own {
                Some(own) => _ = bodies.insert((kind.noun, id.clone()), own),
                None => wanted.push((kind.noun, id.clone())),
            }
        }
        self.read_named(account, wanted, &mut bodies).await?;
        let parts = bodies.iter().flat_map(|((noun, _), body)| self.named_by(noun, body));
        let parts = parts.filter(|part| !bodies.contains_key(part)).collect();
        self.read_named(account, parts, &mut bodies).await?;
        let mut lists = ListChanges::default();
        for link in links {
            let name = self.name_in(&bodies, link.item.noun, &link.id);
            lists.add(link.of, link.item.list, ListItem { id: link.id, name }, link.is_gained);
        }
        changes.extend(lists.into_changes());
        let (changes, omitted_changes) = bounded(changes);
        let target_name = declared.and_then(|(kind, id)| self.name_in(&bodies, kind.noun, &id));
        Ok(EntryDetails { target_name, changes, omitted_changes })
    }

    /// Reads the records that have names. Absent ones are left out.
    async fn read_named(
        &self,
        account: AccountId,
        mut wanted: Vec<Wanted>,
        bodies: &mut BTreeMap<Wanted, Value>,
    ) -> Result<()> {
        wanted.sort_unstable();
        wanted.dedup();
        let kinds = wanted.iter().filter_map(|(noun, id)| {
            let kind = self.kinds().named(noun)?;
            matches!(kind.audit, AuditForm::Named(_)).then(|| ((*noun, id.clone()), kind.key_of(account, id)))
        });
        let mut absent: Vec<(Wanted, Key)> = kinds.collect();
        if absent.is_empty() {
            return Ok(());
        }
        absent = read(self.router().shared().as_ref(), absent, bodies).await?;
        absent.retain(|(_, key)| self.kinds().of(key).is_some_and(RecordKind::is_workload));
        if !absent.is_empty()
            && let Err(problem) = self.read_workload(account, absent, bodies).await
        {
            // The entry then has ids alone.
            tracing::debug!(%problem, "names for an audit entry were not read");
        }
        Ok(())
    }

    async fn read_workload(
        &self,
        account: AccountId,
        wanted: Vec<(Wanted, Key)>,
        bodies: &mut BTreeMap<Wanted, Value>,
    ) -> Result<()> {
        let route = self.router().route(account).await?;
        let table = self.router().table(&route).await?;
        read(table.as_ref(), wanted, bodies).await?;
        Ok(())
    }

    /// The other records that the name of a record is made from.
    fn named_by(&self, noun: &str, body: &Value) -> Vec<Wanted> {
        let parts = self.kinds().named(noun).map_or(&[][..], RecordKind::name_parts);
        let other = |part: &NamePart| match part {
            NamePart::NameOf { field, noun } => Some((*noun, body[*field].as_str()?.to_owned())),
            NamePart::Field(_) => None,
        };
        parts.iter().filter_map(other).collect()
    }

    fn name_in(&self, bodies: &BTreeMap<Wanted, Value>, noun: &'static str, id: &str) -> Option<String> {
        let body = bodies.get(&(noun, id.to_owned()))?;
        let mut name = String::new();
        for part in self.kinds().named(noun)?.name_parts() {
            let (between, text) = match part {
                NamePart::Field(field) => (" ", body[*field].as_str().map(ToOwned::to_owned)),
                NamePart::NameOf { field, noun } => (" / ", self.name_in(bodies, noun, body[*field].as_str()?)),
            };
            let Some(text) = text else { continue };
            name += if name.is_empty() { "" } else { between };
            name += &text;
        }
        (!name.is_empty()).then_some(name)
    }
}

/// Reads records from a table. Answers those that it does not have.
async fn read(
    table: &dyn crate::ports::table::Table,
    wanted: Vec<(Wanted, Key)>,
    bodies: &mut BTreeMap<Wanted, Value>,
) -> Result<Vec<(Wanted, Key)>> {
    let mut absent = Vec::new();
    for wanted in wanted.chunks(MAX_KEYS) {
        let keys: Vec<Key> = wanted.iter().map(|(_, key)| key.clone()).collect();
        for (item, wanted) in table.batch_get(&keys).await?.into_iter().zip(wanted) {
            match item {
                Some(item) => _ = bodies.insert(wanted.0.clone(), parsed(&item.body)),
                None => absent.push(wanted.clone()),
            }
        }
    }
    Ok(absent)
}

fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// A link that was made or removed.
struct LinkChange {
    /// The record that has the list, if it is not the target.
    of: Option<Target>,
    item: LinkEnd,
    id: String,
    is_gained: bool,
}

/// What is found in the records of a change, before names are read.
struct Found<'c> {
    target: Option<&'c Target>,
    /// The target's record.
    own: Option<Value>,
    changes: Vec<FieldChange>,
    links: Vec<LinkChange>,
}

impl Found<'_> {
    fn add(&mut self, kind: &RecordKind, record: &RecordChange<'_>) {
        let Some(id) = kind.id_in(record.key) else { return };
        match kind.audit {
            AuditForm::Hidden => {}
            AuditForm::Named(parts) => self.add_named(kind, parts, id, record),
            AuditForm::PartOf(noun) => {
                let of = Target { kind: noun.to_owned(), id: id.to_owned() };
                let is_new = record.before.is_none();
                if self.is_target(&of) || !is_new {
                    self.compare(&of, kind, record);
                }
            }
            AuditForm::Link(ends) => self.add_link(ends, id, record.after.is_some()),
        }
    }

    fn add_named(&mut self, kind: &RecordKind, parts: &'static [NamePart], id: &str, record: &RecordChange<'_>) {
        let of = Target { kind: kind.noun.to_owned(), id: id.to_owned() };
        let after = record.after.map(|body| parsed(body));
        let is_target = self.is_target(&of);
        if is_target {
            self.own = record.before.cloned().or_else(|| after.clone());
        }
        match (record.before, &after) {
            (Some(before), None) if !is_target => self.changes.extend(own_name(parts, before).map(|name| {
                FieldChange { record: Some(of), before: Some(name), field: "name".into(), ..FieldChange::default() }
            })),
            (None, Some(after)) if !is_target => self.changes.extend(own_name(parts, after).map(|name| FieldChange {
                record: Some(of),
                after: Some(name),
                field: "name".into(),
                ..FieldChange::default()
            })),
            // The name is enough for a new record: the rest is in it.
            (None, _) => {}
            (Some(_), _) => self.compare(&of, kind, record),
        }
    }

    fn compare(&mut self, of: &Target, kind: &RecordKind, record: &RecordChange<'_>) {
        let none = json!({});
        let after = record.after.map_or_else(|| none.clone(), |body| parsed(body));
        let other = (!self.is_target(of)).then(|| of.clone());
        let changes = differences(record.before.unwrap_or(&none), &after, kind.secrets);
        self.changes.extend(changes.into_iter().map(|change| FieldChange { record: other.clone(), ..change }));
    }

    fn add_link(&mut self, ends: [LinkEnd; 2], ids: &str, is_gained: bool) {
        let Some((first, second)) = ids.split_once('#') else { return };
        let ends = [(ends[0], first), (ends[1], second)];
        let is_target =
            |(end, id): (LinkEnd, &str)| self.target.is_some_and(|target| target.kind == end.noun && target.id == id);
        // The list of the second is shown where the target is neither.
        let (of, (item, id)) = match ends {
            [own, other] if is_target(own) => (None, other),
            [other, own] if is_target(own) => (None, other),
            [(end, id), other] => (Some(Target { kind: end.noun.to_owned(), id: id.to_owned() }), other),
        };
        self.links.push(LinkChange { of, item, id: id.to_owned(), is_gained });
    }

    fn is_target(&self, record: &Target) -> bool {
        self.target == Some(record)
    }
}

/// The name of a record that is made from its own fields.
fn own_name(parts: &[NamePart], body: &Value) -> Option<FieldValue> {
    let own = parts.iter().filter_map(|part| match part {
        NamePart::Field(field) => body[*field].as_str(),
        NamePart::NameOf { .. } => None,
    });
    let name = own.collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(FieldValue::Text(name))
}

/// Whether a write replaces or removes a record whose fields the log shows, without saying what it was before.
pub(crate) fn hides_a_change(kind: Option<&RecordKind>, write: &Write, before: Option<&Value>) -> bool {
    let is_named = kind.is_some_and(|kind| matches!(kind.audit, AuditForm::Named(_)));
    let replaces = match write {
        Write::Put { when, .. } => *when != Condition::Absent,
        Write::Delete { .. } => true,
        Write::Add { .. } | Write::Check { .. } => false,
    };
    is_named && replaces && before.is_none()
}
