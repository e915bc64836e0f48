//! Runs Day-0, takes it up where it was cut, and checks what it made.

use secrecy::SecretString;

use super::{
    model::{
        Admin, BootstrapReport, Bootstrapped, Marker, State, StepDone, StepReport, StepState, TakeoverTime,
        already_bootstrapped, generate_password, hash_of, identity_email,
    },
    steps::{GLOBAL, STEPS, SeedContext, SeedRecord, SideEffect, Step, number},
};
use crate::{
    audit::Author,
    change::Change,
    event_kinds::NoDetail,
    features::{
        accounts::model::Account,
        licenses::model::license_limit_exceeded,
        users::model::{User, subject},
    },
    ids::{Id, known},
    plane::Plane,
    ports::{
        identity::{IdentityError, NewIdentity, PasswordError, Permanence},
        table::{CommitError, Condition, Is, Item, Key, Write},
    },
    problem::{Code, Problem, Result},
    record::{self, Stored, decode},
    system::{SystemTable, SystemTask},
    text::Name,
};

impl Plane {
    /// Gives out a set-up token, which permits Day-0 once. `false` if Day-0 is complete.
    pub async fn offer_bootstrap(&self, token: &SecretString) -> Result<bool> {
        loop {
            let found = marker(self).await?;
            let marker = match &found {
                Some(found) if found.state == State::Complete => return Ok(false),
                Some(found) => Marker { setup_token_hash: Some(hash_of(token)), ..found.record.clone() },
                None => Marker::waiting(Some(hash_of(token))),
            };
            if keep_marker(self, found.as_ref(), &marker).await? {
                return Ok(true);
            }
        }
    }

    /// Runs Day-0. One run wins; others, during or after it, get `already_bootstrapped`.
    pub async fn bootstrap(&self, admin: &Admin) -> Result<Bootstrapped> {
        run_bootstrap(self, admin, TakeoverTime::WhenOver).await
    }

    /// The same for somebody who shows the set-up token.
    pub(super) async fn bootstrap_by_token(&self, token: Option<&SecretString>, admin: &Admin) -> Result<Bootstrapped> {
        let marker = marker(self).await?;
        if marker.as_ref().is_some_and(|marker| marker.state == State::Complete) {
            return Err(already_bootstrapped());
        }
        if !marker.is_some_and(|marker| marker.opens_with(token)) {
            return Err(Problem::new(Code::SetupTokenInvalid, "the set-up token is absent or not the right one")
                .help("the server printed it at its first start, or took it from its configuration"));
        }
        self.bootstrap(admin).await
    }

    /// Runs Day-0 if it is not complete, and takes up at once a run that was cut: for the start of a process that
    /// alone writes to the store.
    pub async fn bootstrap_if_needed(&self, admin: &Admin) -> Result<Option<Bootstrapped>> {
        if marker(self).await?.is_some_and(|marker| marker.state == State::Complete) {
            return Ok(None);
        }
        match run_bootstrap(self, admin, TakeoverTime::AtOnce).await {
            Ok(done) => Ok(Some(done)),
            Err(problem) if problem.code == Code::AlreadyBootstrapped => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Whether the administrator whom Day-0 made still has the default address, to which no mail goes.
    pub async fn administrator_has_default_address(&self) -> Result<bool> {
        let item = shared(self).get(&User::key(known::ROOT_ACCOUNT, known::ADMIN_USER)).await?;
        let user = item.map(|item| decode::<User>(&item)).transpose()?;
        Ok(user.is_some_and(|user| user.email.is_default_admin()))
    }

    /// Checks the fourteen steps against the store and the identity provider; with `fix`, makes again what is
    /// missing, and nothing else.
    pub async fn verify_bootstrap(&self, fix: bool) -> Result<BootstrapReport> {
        let marker = marker(self).await?;
        if fix && !marker.as_ref().is_some_and(|marker| marker.state == State::Complete) {
            return Err(Problem::new(Code::Conflict, "the platform has not been set up, so there is nothing to mend")
                .help("run the set-up first: POST /api/bootstrap, or start the server"));
        }
        let seed = current_seed(self, marker.as_ref()).await?;
        // An installation of an earlier version may have no counter yet.
        if let Err(problem) = self.seat_pool(known::ROOT_ACCOUNT, GLOBAL).await {
            tracing::warn!(%problem, "the platform's seats can't be counted");
        }
        let mut steps = Vec::with_capacity(STEPS.len());
        for (place, step) in STEPS.iter().enumerate() {
            let mut found = inspect(self, step, &seed).await?;
            if fix && found.state == StepState::Missing {
                let detail = std::mem::take(&mut found.detail);
                make(self, step, &seed).await?;
                if step.side_effect == SideEffect::Identity {
                    ensure_admin_identity(self, &seed.admin).await?;
                }
                found = inspect(self, step, &seed).await?;
                if found.state == StepState::Ok {
                    found = Finding { state: StepState::Fixed, detail: format!("made again: {detail}") };
                }
            }
            let Finding { state, detail } = found;
            steps.push(StepReport { step: number(place), name: step.name, state, detail });
        }
        let fine = |step: &StepReport| match step.state {
            StepState::Ok | StepState::Fixed => true,
            StepState::Missing | StepState::Different => false,
        };
        Ok(BootstrapReport { ok: steps.iter().all(fine), steps })
    }
}

async fn run_bootstrap(plane: &Plane, admin: &Admin, takeover: TakeoverTime) -> Result<Bootstrapped> {
    admin.check()?;
    let mut marker = begin(plane, admin, takeover).await?;
    match go_through(plane, admin, &mut marker).await {
        Ok(done) => Ok(done),
        Err(problem) => {
            // Another run may go on from here at once. If this is not written either, the lease ends by itself.
            if let Err(also) = keep_marker(plane, Some(&marker), &marker.released()).await {
                tracing::warn!(problem = %also, "the set-up could not be let go; it can be taken up in a minute");
            }
            Err(problem)
        }
    }
}

/// Marks that this run is at work.
async fn begin(plane: &Plane, admin: &Admin, takeover: TakeoverTime) -> Result<Stored<Marker>> {
    let run = Id::<()>::new(plane.now(), plane.rng()).to_string();
    loop {
        let found = marker(plane).await?;
        let before = found.as_ref().map_or_else(|| Marker::waiting(None), |found| found.record.clone());
        let started = before.started(&run, &admin.email, takeover, plane.now())?;
        if keep_marker(plane, found.as_ref(), &started).await? {
            return Ok(kept(found.as_ref(), started));
        }
    }
}

async fn go_through(plane: &Plane, admin: &Admin, marker: &mut Stored<Marker>) -> Result<Bootstrapped> {
    let email = marker.admin_email.clone().unwrap_or_else(|| admin.email.clone());
    let seed = seed(plane, Admin { email, ..admin.clone() });
    let mut steps = Vec::with_capacity(STEPS.len());
    let mut generated_password = None;
    for (place, step) in STEPS.iter().enumerate() {
        let made = make(plane, step, &seed).await?;
        match step.side_effect {
            SideEffect::Nothing => {}
            SideEffect::Identity => generated_password = give_password(plane, &seed.admin, marker).await?,
        }
        steps.push(StepDone { step: number(place), name: step.name, made });
    }
    let completed = marker.completed(plane.now());
    let mut change =
        system_change("bootstrap_complete").about("platform", known::ROOT_ACCOUNT).named(seed.account_name.as_str());
    change.write_or(record::replace(marker, &completed), already_bootstrapped());
    change.event(&super::BOOTSTRAPPED, &NoDetail {});
    plane.commit(change).await?;
    Ok(Bootstrapped { steps, admin_email: seed.admin.email, generated_password })
}

/// Makes what a step makes and is not there; says whether there was anything.
async fn make(plane: &Plane, step: &Step, seed: &SeedContext) -> Result<bool> {
    let records = (step.records)(seed);
    let mut tries = 0;
    loop {
        tries += 1;
        let found = read_records(plane, &records).await?;
        let mut change = system_change("bootstrap_step").about("bootstrap step", step.name).named(step.name);
        for (seed_record, found) in records.iter().zip(found) {
            add_missing(&mut change, seed_record, found.as_ref());
        }
        if change.is_empty() {
            return Ok(tries > 1);
        }
        match plane.commit(change).await {
            Ok(()) => return Ok(true),
            // Another run made some of it meanwhile.
            Err(problem) if problem.code == Code::Conflict && tries < 10 => {}
            Err(problem) => return Err(problem),
        }
    }
}

async fn read_records(plane: &Plane, records: &[SeedRecord]) -> Result<Vec<Option<Item>>> {
    let keys: Vec<Key> = records.iter().map(|seed_record| seed_record.item.key.clone()).collect();
    Ok(shared(plane).batch_get(&keys).await?)
}

/// Gives the administrator an identity with a password to be replaced at the first sign-in. A password from the
/// configuration is given once; each run generates another one until a run is complete, since only that run shows
/// it.
async fn give_password(plane: &Plane, admin: &Admin, marker: &mut Stored<Marker>) -> Result<Option<SecretString>> {
    ensure_admin_identity(plane, admin).await?;
    if marker.password_given {
        return Ok(None);
    }
    let generated = admin.password.is_none().then(|| generate_password(plane.rng()));
    let password = generated.clone().or_else(|| admin.password.clone()).expect("generated where none was given");
    let given = plane.identity().set_password(subject(known::ADMIN_USER), password, Permanence::Temporary).await;
    given.map_err(refused_password)?;
    if generated.is_none() {
        let given = Marker { password_given: true, ..marker.record.clone() };
        if !keep_marker(plane, Some(marker), &given).await? {
            return Err(already_bootstrapped());
        }
        *marker = kept(Some(marker), given);
    }
    Ok(generated)
}

async fn ensure_admin_identity(plane: &Plane, admin: &Admin) -> Result<()> {
    let identity = NewIdentity {
        subject: subject(known::ADMIN_USER),
        email: identity_email(&admin.email)?,
        user: known::ADMIN_USER,
        account: known::ROOT_ACCOUNT,
    };
    plane.identity().ensure_user(identity).await.map_err(|error| match error {
        IdentityError::Store(error) => error.into(),
        IdentityError::Away(away) => Problem::identities_away(&away),
        IdentityError::EmailTaken | IdentityError::TooManyAccounts | IdentityError::Different => {
            Problem::new(Code::EmailTaken, "the administrator's e-mail address has another identity")
        }
        IdentityError::Unknown | IdentityError::Disabled | IdentityError::Keys(_) | IdentityError::NotOurKeys => {
            Problem::internal(&error)
        }
    })
}

/// What a step made, as it is now.
async fn inspect(plane: &Plane, step: &Step, seed: &SeedContext) -> Result<Finding> {
    let records = (step.records)(seed);
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for (seed_record, found) in records.iter().zip(read_records(plane, &records).await?) {
        match found {
            None => missing.push(format!("the {} is missing", seed_record.noun)),
            Some(found) if (seed_record.repair)(&found).is_some() => missing.push("the link is missing".to_owned()),
            Some(found) => different.extend((seed_record.mismatch)(&found)),
        }
    }
    if step.side_effect == SideEffect::Identity {
        match plane.identity().probe_token(subject(known::ADMIN_USER)).await {
            Ok(_) => {}
            Err(IdentityError::Unknown) => missing
                .push("the identity is missing; made again, it has no password until it is reset by mail".to_owned()),
            Err(IdentityError::Store(error)) => return Err(error.into()),
            Err(IdentityError::Away(away)) => return Err(Problem::identities_away(&away)),
            Err(error) => different.push(error.to_string()),
        }
    }
    let state = match (missing.is_empty(), different.is_empty()) {
        (false, _) => StepState::Missing,
        (true, false) => StepState::Different,
        (true, true) => StepState::Ok,
    };
    missing.append(&mut different);
    let detail = if missing.is_empty() { "as it was made".to_owned() } else { missing.join("; ") };
    Ok(Finding { state, detail })
}

fn seed(plane: &Plane, admin: Admin) -> SeedContext {
    let account_name = Name::try_from("ABC").expect("a plain word is a name");
    SeedContext { admin, account_name, now: plane.now(), today: plane.clock().today() }
}

/// What the steps would be made from today: the names and the address as they have become since.
async fn current_seed(plane: &Plane, marker: Option<&Stored<Marker>>) -> Result<SeedContext> {
    let keys = [User::key(known::ROOT_ACCOUNT, known::ADMIN_USER), Account::key(known::ROOT_ACCOUNT)];
    let found = shared(plane).batch_get(&keys).await?;
    let mut seed = seed(plane, Admin::default());
    if let Some(email) = marker.and_then(|marker| marker.admin_email.clone()) {
        seed.admin.email = email;
    }
    if let Some(Some(user)) = found.first() {
        let User { email, first_name, last_name, .. } = decode::<User>(user)?.record;
        seed.admin = Admin { email, first_name, last_name, password: None };
    }
    if let Some(Some(account)) = found.get(1) {
        seed.account_name = decode::<Account>(account)?.record.name;
    }
    Ok(seed)
}

async fn marker(plane: &Plane) -> Result<Option<Stored<Marker>>> {
    shared(plane).get(&Marker::key()).await?.map(|item| decode(&item)).transpose()
}

/// Writes the marker if it is still as it was read; says whether it was.
async fn keep_marker(plane: &Plane, found: Option<&Stored<Marker>>, marker: &Marker) -> Result<bool> {
    let write = found.map_or_else(|| record::create(marker), |found| record::replace(found, marker));
    match shared(plane).commit(vec![write]).await {
        Ok(()) => Ok(true),
        Err(CommitError::Refused { .. }) => Ok(false),
        Err(CommitError::Table(error)) => Err(error.into()),
    }
}

fn shared(plane: &Plane) -> SystemTable {
    plane.system(SystemTask::Setup)
}

struct Finding {
    state: StepState,
    detail: String,
}

/// The marker after the write that replaced the one found.
fn kept(found: Option<&Stored<Marker>>, record: Marker) -> Stored<Marker> {
    Stored { record, version: found.map_or(0, |found| found.version) + 1 }
}

fn system_change(action: &'static str) -> Change {
    Change::by_platform(Author::System { name: "bootstrap".into() }, action, known::ROOT_ACCOUNT).unfenced()
}

fn add_missing(change: &mut Change, seed_record: &SeedRecord, found: Option<&Item>) {
    match found {
        None => {
            change.write(Write::Put { item: seed_record.item.clone(), when: Condition::Absent });
            if let Some(counter) = &seed_record.takes_seat {
                let when = Condition::fields("used", Is::Less, "seats");
                let take = Write::Add { key: counter.clone(), field: "used", by: 1, when };
                change.write_or(take, license_limit_exceeded());
            }
        }
        Some(found) => {
            if let Some(item) = (seed_record.repair)(found) {
                change.replace_item(found, item);
            }
        }
    }
}

fn refused_password(error: PasswordError) -> Problem {
    match error {
        PasswordError::Weak(weak) => Problem::field("/adminPassword", weak.to_string()),
        PasswordError::Busy => Problem::new(Code::Unavailable, "too many sign-ins at this moment").retry_after(1),
        PasswordError::Store(error) => error.into(),
        PasswordError::Away(away) => Problem::identities_away(&away),
        PasswordError::InvalidCredentials | PasswordError::NotTheExisting | PasswordError::Unknown => {
            Problem::internal(&error)
        }
    }
}
