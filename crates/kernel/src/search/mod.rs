//! Search over records of every kind: by substrings of names and addresses, and by ids.
//!
//! The texts of an account's records are read at its first search and kept in memory ([`shelf`]); what is written since is read again
//! before the next search ([`index`], [`observed`]), and what other processes wrote is found by the audit log ([`load`]).
//!
//! INVARIANT: an answer has only records that were read after the search began, that match as they then were, and that the policy
//! permits the caller to see.

mod index;
mod load;
mod observed;
mod record;
mod shelf;
mod text;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use futures::StreamExt as _;
use uuid::Uuid;

pub use self::text::{MatchRank, SearchText, folded};
pub(crate) use self::{index::SearchIndex, observed::ObservedTables};
use self::{
    index::{Due, Holder, SearchedKind},
    record::SearchedRecord,
    shelf::{BestMatches, Match, Row},
};
use crate::{
    Kernel,
    directory::account::Account,
    guard::{
        actions::{AccountList, Action as _},
        actor::Actor,
        policy::Scope,
    },
    ids::{AccountId, EnterpriseId},
    ports::table::{Item, Key, MAX_KEYS},
    problem::{Problem, Result},
    record::{Record as _, RecordName, decode_part},
};

/// A search over all accounts waits so long for shelves that are not read yet.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many shelves are read at a time.
const READ_AT_ONCE: usize = 16;
/// After so many shelves other requests run.
const SHELVES_IN_A_ROW: usize = 64;

/// What is searched, and where.
#[derive(Debug)]
pub struct SearchRequest {
    pub text: SearchText,
    pub limit: usize,
    /// In this account alone.
    pub within: Option<AccountId>,
}

/// What a search found, the best first.
#[derive(Debug)]
pub struct SearchResult {
    pub found: Vec<FoundRecord>,
    /// Everything was searched that the caller may see.
    pub is_complete: bool,
}

/// A record that was found.
#[derive(Debug)]
pub struct FoundRecord {
    /// What people call its kind.
    pub kind: &'static str,
    pub id: Uuid,
    pub name: String,
    /// The first of its other searched fields, such as a user's address.
    pub detail: Option<String>,
    pub rank: MatchRank,
    /// What matched: `name`, `id` or the path to a field.
    pub matched: &'static str,
    pub account: Option<(AccountId, String)>,
    pub enterprise: Option<(EnterpriseId, String)>,
}

/// Which records of the catalogue the caller sees, by noun and id.
pub type Sight = Arc<dyn Fn(&str, Uuid) -> bool + Send + Sync>;

impl Kernel {
    /// Finds the records that match and that the caller may see: those of the own account, and for operators who may list accounts those of
    /// all accounts. `sees` says which records of the catalogue the caller sees.
    pub async fn search(&self, actor: &Actor, request: &SearchRequest, sees: Sight) -> Result<SearchResult> {
        self.search_index().is_used_from_now();
        let mut result = self.search_once(actor, request, Arc::clone(&sees)).await?;
        if result.is_outdated {
            // Other processes changed what was found meanwhile.
            result = self.search_once(actor, request, sees).await?;
        }
        Ok(result.result)
    }

    async fn search_once(&self, actor: &Actor, request: &SearchRequest, sees: Sight) -> Result<Attempt> {
        let mut search = Search::new(self, actor, request, sees);
        let index = self.search_index();
        self.bring_up_to_date(&index.catalogue, 1).await?;
        let own_platform_scope = request.within.is_none() || request.within == Some(actor.account());
        if own_platform_scope {
            search.shelf(&index.catalogue, Uuid::nil()).await;
        }
        match request.within {
            Some(account) => search.account(account).await?,
            None if search.may_search_all() => search.all_accounts().await?,
            None => search.account(actor.account()).await?,
        }
        search.into_result().await
    }
}

struct Attempt {
    result: SearchResult,
    is_outdated: bool,
}

/// A search under way.
struct Search<'s> {
    kernel: &'s Kernel,
    actor: &'s Actor,
    request: &'s SearchRequest,
    sees: Sight,
    kinds: &'s [SearchedKind],
    best: BestMatches,
    /// Whether the policy permits a kind: it asks only whether the account is the caller's own, and which enterprise it is. What is
    /// answered is judged by itself once more.
    rulings: HashMap<(u8, bool, Option<Uuid>), bool>,
    is_complete: bool,
}

impl<'s> Search<'s> {
    fn new(kernel: &'s Kernel, actor: &'s Actor, request: &'s SearchRequest, sees: Sight) -> Self {
        Self {
            kernel,
            actor,
            request,
            sees,
            kinds: kernel.search_index().kinds(kernel.kinds()),
            best: BestMatches::new(request.limit),
            rulings: HashMap::new(),
            is_complete: true,
        }
    }

    /// Operators who may list accounts search all of them.
    fn may_search_all(&self) -> bool {
        let scope = Scope { account: self.actor.account(), enterprise: None };
        self.actor.operator && self.actor.may(self.kernel.policy(), AccountList::FACTS, scope)
    }

    /// Searches one account with its own record.
    async fn account(&mut self, account: AccountId) -> Result<()> {
        if account != self.actor.account() && !self.actor.operator {
            return Ok(());
        }
        let index = self.kernel.search_index();
        let holder = index.holder(account);
        self.kernel.bring_up_to_date(&holder, 1).await?;
        index.make_room_for(&holder);
        self.shelf(&holder, account.uuid()).await;
        self.account_itself(account).await
    }

    async fn account_itself(&mut self, account: AccountId) -> Result<()> {
        let Some(number) = self.kinds.iter().position(|searched| searched.kind.noun == Account::NOUN) else {
            return Ok(());
        };
        let item = self.kernel.router().shared().get(&Account::key(account)).await?;
        let names = self.kernel.search_index().names();
        let record = item.and_then(|item| SearchedRecord::read(&self.kinds[number], &item, &names));
        if let Some(record) = record {
            let mut shelf = shelf::Shelf::default();
            shelf.add(u8::try_from(number).expect("there are few kinds"), record.id, None, record.texts.iter());
            self.scan(&shelf, Uuid::nil());
        }
        Ok(())
    }

    /// Searches all accounts. Shelves that are not read yet are read in the background: the search waits for a bounded time.
    async fn all_accounts(&mut self) -> Result<()> {
        let index = self.kernel.search_index();
        self.kernel.bring_up_to_date(&index.accounts, 1).await?;
        self.shelf(&index.accounts, Uuid::nil()).await;
        let mut accounts = Vec::new();
        if let Some(content) = index.accounts.content.read().await.as_ref() {
            accounts.extend(content.shelf.ids().map(AccountId::from_uuid));
        }
        let (held, absent) = index.held_of(&accounts);
        let (mut written, mut later, mut aging) = (Vec::new(), Vec::new(), Vec::new());
        for (place, holder) in held.into_iter().enumerate() {
            let content = holder.content.read().await;
            let due = holder.due(content.as_ref(), index, 1);
            let will_be_due = holder.due(content.as_ref(), index, 2);
            if let (Due::Nothing, Some(content)) = (due, content.as_ref()) {
                self.scan(&content.shelf, holder.source.account());
            }
            drop(content);
            match due {
                Due::Nothing if will_be_due != Due::Nothing => aging.push(holder),
                Due::Nothing => {}
                Due::Written => written.push(holder),
                Due::Check | Due::Load => later.push(holder),
            }
            if place % SHELVES_IN_A_ROW == SHELVES_IN_A_ROW - 1 {
                tokio::task::yield_now().await;
            }
        }
        // What this process wrote is always found.
        let updates = written.iter().map(|holder| {
            let (kernel, holder) = (self.kernel.clone(), Arc::clone(holder));
            async move { kernel.bring_up_to_date(&holder, 1).await }
        });
        let updates = futures::stream::iter(updates.collect::<Vec<_>>()).buffer_unordered(READ_AT_ONCE);
        let updates: Vec<Result<()>> = updates.collect().await;
        updates.into_iter().collect::<Result<()>>()?;
        let room = !index.is_full();
        if room {
            later.extend(absent.iter().map(|account| index.holder(*account)));
        } else {
            self.is_complete &= absent.is_empty();
        }
        if !later.is_empty() {
            self.kernel.read_in_background(later.clone(), 1, true).await;
        }
        if !aging.is_empty() {
            self.kernel.read_in_background(aging, 2, false).await;
        }
        for holder in written.iter().chain(&later) {
            self.shelf(holder, holder.source.account()).await;
        }
        Ok(())
    }

    /// Searches a shelf, if it is up to date.
    async fn shelf(&mut self, holder: &Holder, account: Uuid) {
        let content = holder.content.read().await;
        match content.as_ref() {
            // A write since then is that of a request that goes on beside this one.
            Some(content)
                if matches!(holder.due(Some(content), self.kernel.search_index(), 1), Due::Nothing | Due::Written) =>
            {
                self.is_complete &= !content.is_partial;
                self.scan(&content.shelf, account);
            }
            Some(_) | None => self.is_complete = false,
        }
    }

    fn scan(&mut self, shelf: &shelf::Shelf, account: Uuid) {
        let Self { kernel, actor, request, sees, kinds, best, rulings, .. } = self;
        let may_find = |row: &Row| {
            let searched = &kinds[usize::from(row.kind)];
            let owner = owner_of(searched, row, account);
            let is_own = owner.is_none_or(|owner| owner == actor.account());
            let is_permitted = rulings
                .entry((row.kind, is_own, row.enterprise.filter(|_| !actor.every_enterprise())))
                .or_insert_with(|| is_visible(kernel, actor, searched, owner, row.enterprise));
            *is_permitted && sees(searched.kind.noun, row.id)
        };
        shelf.find(&request.text, account, may_find, best);
    }

    /// Reads what was found, and leaves out what does not match as it is now or may not be seen.
    async fn into_result(self) -> Result<Attempt> {
        let Self { kernel, actor, request, sees, kinds, best, mut is_complete, rulings: _ } = self;
        let index = kernel.search_index();
        let names = index.names();
        let matches = best.into_sorted();
        let mut accounts: BTreeSet<AccountId> = BTreeSet::new();
        let mut keys = Vec::with_capacity(matches.len() * 2);
        for found in &matches {
            let searched = &kinds[usize::from(found.row.kind)];
            accounts.extend(owner_of(searched, &found.row, found.shelf));
            keys.push(key_of(searched, found));
        }
        let directory =
            matches.iter().zip(&keys).filter(|(found, _)| !kinds[usize::from(found.row.kind)].kind.is_workload());
        let mut wanted: Vec<Key> = directory.map(|(_, key)| key.clone()).collect();
        wanted.extend(accounts.iter().map(|account| Account::key(*account)));
        wanted.sort_unstable();
        wanted.dedup();
        let mut items: HashMap<Key, Item> = HashMap::new();
        for wanted in wanted.chunks(MAX_KEYS) {
            let read = kernel.router().shared().batch_get(wanted).await?;
            items.extend(read.into_iter().flatten().map(|item| (item.key.clone(), item)));
        }
        for (found, key) in matches.iter().zip(&keys) {
            let kind = &kinds[usize::from(found.row.kind)].kind;
            if !kind.is_workload() {
                continue;
            }
            match read_workload(kernel, AccountId::from_uuid(found.shelf), kind, key).await {
                Ok(item) => items.extend(item.map(|item| (key.clone(), item))),
                Err(problem) => {
                    tracing::debug!(%problem, ?key, "a record that a search found can't be read");
                    is_complete = false;
                }
            }
        }
        let (mut found_records, mut is_outdated) = (Vec::new(), false);
        for (found, key) in matches.iter().zip(&keys) {
            let searched = &kinds[usize::from(found.row.kind)];
            let owner = owner_of(searched, &found.row, found.shelf);
            let record = items.get(key).and_then(|item| SearchedRecord::read(searched, item, &names));
            let matched = record.as_ref().and_then(|record| record.matches(&request.text));
            let (Some(record), Some((rank, matched))) = (record, matched) else {
                is_outdated = true;
                outdated(index, found, key);
                continue;
            };
            if !is_visible(kernel, actor, searched, owner, record.enterprise) || !sees(searched.kind.noun, record.id) {
                continue;
            }
            let account = owner.map(|id| (id, account_name(&items, id)));
            let enterprise = record.enterprise.map(|id| (EnterpriseId::from_uuid(id), named(&names.by_id, id)));
            found_records.push(FoundRecord {
                kind: searched.kind.noun,
                id: record.id,
                detail: record.fields.into_iter().next().map(|(_, text)| text),
                name: record.name,
                rank,
                matched,
                account,
                enterprise,
            });
        }
        // The names of what was renamed meanwhile give another order.
        found_records.sort_by_cached_key(|found| (found.rank, folded(&found.name), found.id));
        Ok(Attempt { result: SearchResult { found: found_records, is_complete }, is_outdated })
    }
}

impl Kernel {
    /// Brings shelves up to date in a task of their own, one task at a time. It goes on when the search that began it does not wait any
    /// longer.
    async fn read_in_background(&self, holders: Vec<Arc<Holder>>, share: u32, is_awaited: bool) {
        let warming = Arc::clone(&self.search_index().warming);
        let Ok(turn) = Arc::clone(&warming).try_lock_owned() else {
            if is_awaited {
                let _ = tokio::time::timeout(PATIENCE, warming.lock()).await;
            }
            return;
        };
        let kernel = self.clone();
        let task = tokio::spawn(async move {
            let _turn = turn;
            let read = futures::stream::iter(holders).for_each_concurrent(READ_AT_ONCE, |holder| {
                let kernel = kernel.clone();
                async move {
                    let is_held = holder.content.read().await.is_some();
                    if !is_held && kernel.search_index().is_full() {
                        return;
                    }
                    if let Err(problem) = kernel.bring_up_to_date(&holder, share).await {
                        tracing::warn!(%problem, source = ?holder.source, "records for searches can't be read");
                    }
                }
            });
            read.await;
        });
        if is_awaited {
            let _ = tokio::time::timeout(PATIENCE, task).await;
        }
    }
}

/// The account that a record belongs to. An account belongs to itself.
fn owner_of(searched: &SearchedKind, row: &Row, shelf: Uuid) -> Option<AccountId> {
    if searched.kind.noun == Account::NOUN {
        return Some(AccountId::from_uuid(row.id));
    }
    (!shelf.is_nil()).then(|| AccountId::from_uuid(shelf))
}

/// Whether the policy permits the caller to see a record of this account and enterprise.
fn is_visible(
    kernel: &Kernel,
    actor: &Actor,
    searched: &SearchedKind,
    owner: Option<AccountId>,
    enterprise: Option<Uuid>,
) -> bool {
    let facts = searched.form.read_by;
    let enterprise = enterprise.filter(|_| facts.in_enterprise && !actor.every_enterprise());
    let scope = Scope {
        account: owner.unwrap_or_else(|| actor.account()),
        enterprise: enterprise.map(EnterpriseId::from_uuid),
    };
    actor.may(kernel.policy(), facts, scope)
}

fn key_of(searched: &SearchedKind, found: &Match) -> Key {
    let account = AccountId::from_uuid(found.shelf);
    if searched.kind.noun == Account::NOUN {
        return Account::key(AccountId::from_uuid(found.row.id));
    }
    searched.kind.key_of(account, &found.row.id.as_hyphenated().to_string())
}

async fn read_workload(
    kernel: &Kernel,
    account: AccountId,
    kind: &crate::kinds::RecordKind,
    key: &Key,
) -> Result<Option<Item>, Problem> {
    Ok(kernel.table_of(account, kind).await?.get(key).await?)
}

/// A record is not any more as a shelf has it: it is read again before the next search.
fn outdated(index: &SearchIndex, found: &Match, key: &Key) {
    if found.shelf.is_nil() {
        index.written(vec![key.clone()], None);
    } else {
        index.holder(AccountId::from_uuid(found.shelf)).note(key.clone(), None);
    }
}

fn account_name(items: &HashMap<Key, Item>, account: AccountId) -> String {
    let name = items.get(&Account::key(account)).and_then(|item| decode_part::<RecordName>(item, Account::NOUN).ok());
    name.map(|found| found.name.to_string()).unwrap_or_default()
}

fn named(names: &HashMap<Uuid, String>, id: Uuid) -> String {
    names.get(&id).cloned().unwrap_or_default()
}
