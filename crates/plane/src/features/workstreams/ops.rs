//! Making, changing and ending workstreams, in the account's own table.

use super::model::Workstream;
use crate::{
    change::Change,
    event_kinds::Reference,
    features::users::model::Assignment,
    guard::{
        Granted,
        actions::{WorkstreamCreate, WorkstreamDelete, WorkstreamEdit},
    },
    http::idempotency::AnswerHead,
    ids::{EnterpriseId, WorkstreamId},
    operation::retrying,
    plane::Plane,
    ports::table::{Condition, Write},
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, decode},
    rows::Rows,
    text::Name,
};

impl Plane {
    pub(super) async fn replace_workstream(
        &self,
        who: &Granted<WorkstreamEdit>,
        old: &Stored<Workstream>,
        new: Workstream,
    ) -> Result<Stored<Workstream>> {
        let (before, after) = (old.name_claim(), new.name_claim());
        let mut change = Change::by(who).workload().about(Workstream::NOUN, new.id);
        if before != after {
            protect(old, "renamed")?;
            change.rename(&before, &after, name_taken(&new.name));
        }
        change.replace(old, &new);
        change.event(&super::events::UPDATED, &Reference::to(Workstream::NOUN, new.id));
        self.commit(change).await?;
        Ok(Stored { record: new, version: old.version + 1 })
    }

    pub(super) async fn delete_workstream(
        &self,
        who: &Granted<WorkstreamDelete>,
        old: &Stored<Workstream>,
    ) -> Result<()> {
        protect(old, "deleted")?;
        // The workstream is as it was read before anybody leaves it.
        let left = Workstream { updated_at: self.now(), ..old.record.clone() };
        let mut begun = Change::by(who).workload().following();
        begun.replace(old, &left);
        self.commit(begun.without_answer()).await?;
        let assignments = unassign_all(self, who, old.id).await?;
        retrying(|| async {
            let old: Stored<Workstream> = self.workload_rows(who).await?.get(old.id).await?;
            let mut change = Change::by(who).workload().about(Workstream::NOUN, old.id);
            for assignment in &assignments {
                change.removes_elsewhere(assignment);
            }
            change.remove(&old);
            change.release_name(&old.name_claim());
            change.event(&super::events::DELETED, &Reference::to(Workstream::NOUN, old.id));
            self.commit(change).await
        })
        .await
    }

    /// The workstream of the name `Default` of an enterprise of the account, made if there is none.
    pub(super) async fn ensure_default_workstream(
        &self,
        who: &Granted<WorkstreamCreate>,
        enterprise: EnterpriseId,
    ) -> Result<Stored<Workstream>> {
        let rows = self.workload_rows(who).await?;
        let default = Workstream::default_of(who.account(), enterprise, self.now());
        if let Some(found) = workstream_named(&rows, enterprise, &default.name).await? {
            return Ok(found);
        }
        let mut change = creation(who, &default);
        change.answers(AnswerHead::found(1), &default);
        match self.commit(change).await {
            Ok(()) => Ok(Stored { record: default, version: 1 }),
            // Somebody made one meanwhile.
            Err(problem) if matches!(problem.code, Code::NameTaken | Code::Conflict) => {
                workstream_named(&rows, enterprise, &default.name).await?.ok_or(problem)
            }
            Err(problem) => Err(problem),
        }
    }
}

/// Takes everybody out of a workstream. The assignments are in the directory, which may be another table, so this
/// comes first: cut here, the workstream is still there, and deleting it goes on. Answers the assignments that were removed.
async fn unassign_all(plane: &Plane, who: &Granted<WorkstreamDelete>, id: WorkstreamId) -> Result<Vec<Assignment>> {
    const AT_ONCE: usize = 50;
    let (own, members) = (plane.rows(who), Assignment::members(who.account(), id));
    let (mut after, mut removed) = (None, Vec::new());
    loop {
        let rows = own.listed_now(&members, AT_ONCE, after.take()).await?;
        if !rows.items.is_empty() {
            let mut change = Change::by(who).following();
            for item in rows.items {
                removed.push(decode::<Assignment>(&item)?.record);
                change.write(Write::Delete { key: item.key, when: Condition::Always });
            }
            plane.commit(change).await?;
        }
        match rows.next {
            Some(next) => after = Some(next),
            None => return Ok(removed),
        }
    }
}

/// The change that makes a workstream.
pub(super) fn creation(who: &Granted<WorkstreamCreate>, new: &Workstream) -> Change {
    let mut change = Change::by(who).workload().about(Workstream::NOUN, new.id);
    change.claim_name(&new.name_claim(), &name_taken(&new.name));
    change.create(new);
    change.event(&super::events::CREATED, &Reference::to(Workstream::NOUN, new.id));
    change
}

async fn workstream_named(rows: &Rows, enterprise: EnterpriseId, name: &Name) -> Result<Option<Stored<Workstream>>> {
    let any = WorkstreamId::from_uuid(uuid::Uuid::nil());
    let claim = Workstream::claim_on(rows.account(), enterprise, name, any);
    let Some(claim) = rows.holder(claim.first()).await? else { return Ok(None) };
    let holder: Option<WorkstreamId> = claim.record.holder.parse().ok();
    match holder {
        Some(holder) => rows.find(holder).await,
        None => Ok(None),
    }
}

fn protect(workstream: &Workstream, what: &str) -> Result<()> {
    if workstream.built_in {
        let detail = format!("the workstream {} is the platform's own and can't be {what}", workstream.name);
        return Err(Problem::new(Code::Protected, detail));
    }
    Ok(())
}

fn name_taken(name: &Name) -> Problem {
    Problem::new(Code::NameTaken, format!("the enterprise has another workstream of the name {name}"))
}
