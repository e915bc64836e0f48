//! Two control planes on one table: one is stopped in the midst of a run, at a call to AWS; the other one takes the run
//! over past the lease, and ends it; the first one goes on as if nothing had been. Nothing of what it then does is kept.
//!
//! The second process's clock is ahead by the lease, so the first one can't know from its own clock that its time is
//! over: it is the fence that must hold.
//!
//! What no fence holds is a mail that is on its way out: it may come twice, and is counted.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Mutex,
    thread,
};

use testkit::gate::{Moment, Which};

use super::{
    kills::{Kill, Reference, Width, differences, named, reference, width},
    lane::{Cloud, Lane, Part, Ran},
};
use crate::server::Home;

/// The lease, and a second.
const PAST: i64 = 31;

#[test]
fn what_a_process_does_past_its_lease_is_not_kept() {
    let Width { all, lanes } = width();
    let mut points = Vec::new();
    let mut references = BTreeMap::new();
    let mut known = BTreeSet::new();
    for cloud in [Cloud::Private, Cloud::Public, Cloud::Hybrid, Cloud::Elsewhere] {
        let reference = reference(cloud);
        for (part, ran) in [(Part::Onboarding, &reference.onboarding), (Part::Removal, &reference.removal)] {
            points.extend(points_of(ran, &mut known, all).into_iter().map(|point| (cloud, part, point)));
        }
        references.insert(cloud, reference);
    }
    let planned = points.len();
    let points = Mutex::new(VecDeque::from(points));
    let wrong = Mutex::new(Vec::new());
    let missed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| while work(&references, &points, &wrong, &missed) {});
        }
    });
    let missed = missed.into_inner().unwrap();
    println!("{planned} points, {} not reached", missed.len());
    assert_eq!(wrong.into_inner().unwrap(), Vec::<String>::new());
    assert!(missed.len() * 20 <= planned, "{missed:#?}");
}

/// By the machine's own clock: it takes as long as the lease is.
#[test]
fn a_process_that_slept_past_its_lease_sends_no_mail_twice() {
    let reference = reference(Cloud::Public).onboarding;
    let home = Home::new();
    let mut lane = Lane::open(&home);
    // It has claimed the mail, and learns of it when it wakes.
    let at = (Which::OfKind("dynamodb UpdateItem MAIL".into(), 0), Moment::Between);
    let slept = lane.freeze(Cloud::Public, "t0000t", Part::Onboarding, at, 0).expect("a mail is claimed");
    assert_eq!(differences(&slept.ran, &reference, 0), Vec::<String>::new());
}

type Point = (Cloud, Part, Kill);

/// Where a process is stopped: with its request not gone yet, and with the answer not come yet.
fn points_of(ran: &Ran, known: &mut BTreeSet<String>, all: bool) -> Vec<Kill> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut points = Vec::new();
    for call in &ran.calls {
        let count = counts.entry(call.kind()).or_default();
        let nth = *count;
        *count += 1;
        if !all && !known.insert(named(call)) {
            continue;
        }
        let at = |moment| Kill { kind: call.kind(), nth, moment };
        if call.reads() {
            points.push(at(Moment::Between));
        } else {
            points.extend([Moment::Before, Moment::Between].map(at));
        }
    }
    points
}

/// Whether a mail was claimed when the process was stopped, and not noted as sent yet.
fn held_at_a_mail(ran: &Ran) -> bool {
    let Some(struck) = &ran.struck else { return false };
    let notes: Vec<_> = ran.calls.iter().filter(|call| call.kind() == "dynamodb UpdateItem MAIL").collect();
    let claimed = notes.first().is_some_and(|claim| claim.place < struck.by_then);
    claimed && notes.get(1).is_none_or(|noted| struck.place <= noted.place)
}

fn work(
    references: &BTreeMap<Cloud, Reference>,
    points: &Mutex<VecDeque<Point>>,
    wrong: &Mutex<Vec<String>>,
    missed: &Mutex<Vec<Point>>,
) -> bool {
    let next = || points.lock().unwrap().pop_front();
    let Some(mut point) = next() else { return false };
    let home = Home::new();
    let mut lane = Lane::open(&home);
    for number in 1.. {
        let (cloud, part, kill) = point.clone();
        let reference = &references[&cloud];
        let undisturbed = if part == Part::Onboarding { &reference.onboarding } else { &reference.removal };
        let at = (Which::OfKind(kill.kind.clone(), kill.nth), kill.moment);
        match lane.freeze(cloud, &format!("t{number:04}t"), part, at, PAST) {
            None => missed.lock().unwrap().push(point),
            Some(frozen) => {
                let told = |what: String| format!("{cloud:?} {part:?} {kill:?}: {what}");
                let mails = usize::from(held_at_a_mail(&frozen.ran));
                let mut wrong = wrong.lock().unwrap();
                if frozen.taken_over != undisturbed.effects {
                    let ran = Ran { effects: frozen.taken_over, ..undisturbed.clone() };
                    wrong.extend(
                        differences(&ran, undisturbed, mails)
                            .into_iter()
                            .map(|what| told(format!("taken over: {what}"))),
                    );
                }
                wrong.extend(differences(&frozen.ran, undisturbed, mails).into_iter().map(told));
                if frozen.told.as_ref().is_none_or(|(status, _)| *status >= 500) {
                    wrong.push(format!("{cloud:?} {part:?} {kill:?}: the first one answered {:?}", frozen.told));
                }
            }
        }
        if lane.is_worn() {
            return true;
        }
        match next() {
            Some(next) => point = next,
            None => return false,
        }
    }
    true
}
