//! What happens to one invented request: a list of acts with their times, made before any of them
//! is done. Shares are those of the choices; what the workflow then refuses is counted.

use super::calendar::{arrivals, end_of_day, next_office_time, time_of_day};
use super::choice::{AGES, ASKERS, Ages, Asker, Chance, HELP};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// Who does a step; the cast turns it into a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Requester,
    /// Of the team that holds the request at that moment.
    TeamMember,
    /// A second member: a challenge is looked at by another person.
    OtherMember,
    Worker,
    Allocator,
    SocialWork,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Send,
    Acknowledge,
    Ask,
    Answer,
    Agree,
    AgreeFromGarf,
    ProposeNotAgreed,
    NotAgreed,
    PassOn,
    AskGarf,
    Wait,
    NameWorker,
    SpokeWithFamily,
    StartHelp,
    Review,
    End,
    LookAgain,
    Concern,
    ConcernHandedOver,
    ConcernTakenOver,
    ConcernResult,
    HelpDeclined,
    ChildBorn,
    Tell,
    TellFamily,
    ChangeNamedPerson,
}

#[derive(Debug, Clone)]
pub struct Step {
    pub at: Timestamp,
    pub part: Part,
    pub doing: Doing,
}

/// Things that make a story worth finding again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Moves from nursery to primary one: another named person answers from then on.
    NurseryToPrimary,
    /// Two siblings whose requests come from two named persons.
    Sibling { family: usize },
    /// Goes to Queen Margaret Academy and lives in Girvan.
    QueenMargaretFromGirvan,
    /// The child and a parent want different things.
    Disagreement,
}

#[derive(Debug, Clone)]
pub struct Story {
    pub number: usize,
    pub asker: Asker,
    pub ages: Ages,
    pub help: &'static str,
    pub scene: Option<Scene>,
    pub steps: Vec<Step>,
    pub chance_seed: u64,
}

/// All stories of a year, in the order in which they begin.
pub fn year(
    last: Date,
    requests: usize,
    is_school_closed: &dyn Fn(Date) -> bool,
    chance: &mut Chance,
) -> Vec<Story> {
    let end = end_of_day(last);
    let mut family = 0;
    arrivals(last, requests, chance)
        .into_iter()
        .enumerate()
        .map(|(number, date)| {
            let mut own = chance.fork();
            let mut asker = own.pick(&ASKERS);
            while asker.is_school() && is_school_closed(date) {
                asker = own.pick(&ASKERS);
            }
            let scene = scene(number, &mut family);
            let ages = ages_of(asker, scene, &mut own);
            let help = own.pick(&HELP);
            let sent_at = time_of_day(date, asker, &mut own);
            let steps = steps(sent_at, ages.is_none(), scene, &mut own)
                .into_iter()
                .filter(|step| step.at <= end)
                .collect();
            let seed = own.between(0, i64::MAX - 1);
            let chance_seed = u64::try_from(seed).unwrap_or(0);
            Story {
                number,
                asker,
                ages,
                help,
                scene,
                steps,
                chance_seed,
            }
        })
        .collect()
}

/// A few of each in every hundred.
fn scene(number: usize, family: &mut usize) -> Option<Scene> {
    match number % 50 {
        3 => Some(Scene::NurseryToPrimary),
        11 | 12 => {
            *family += usize::from(number % 50 == 11);
            Some(Scene::Sibling { family: *family })
        }
        23 => Some(Scene::QueenMargaretFromGirvan),
        37 => Some(Scene::Disagreement),
        _ => None,
    }
}

fn ages_of(asker: Asker, scene: Option<Scene>, chance: &mut Chance) -> Ages {
    match (scene, asker) {
        (Some(Scene::NurseryToPrimary), _) => Some((4, 4)),
        (Some(Scene::QueenMargaretFromGirvan), _) => Some((12, 15)),
        (_, Asker::Midwife) => None,
        (_, Asker::PrimaryHead) => Some((5, 11)),
        (_, Asker::Guidance) => Some((12, 17)),
        (_, Asker::HealthVisitor) => Some((0, 4)),
        (
            _,
            Asker::SocialWorker
            | Asker::SchoolNurse
            | Asker::ThirdSector
            | Asker::AdultServices
            | Asker::Police,
        ) => chance.pick(&AGES),
    }
}

/// Builds a list of steps whose times only go forward.
struct Course<'a> {
    now: Timestamp,
    chance: &'a mut Chance,
    steps: Vec<Step>,
}

impl Course<'_> {
    fn after(&mut self, mean_hours: f64, part: Part, doing: Doing) {
        let wait = self.chance.hours(mean_hours);
        let later = self.now.saturating_add(SignedDuration::from_hours(wait));
        let at = later.map_or(self.now, |at| next_office_time(at, self.chance));
        self.now = at.max(self.now);
        self.steps.push(Step {
            at: self.now,
            part,
            doing,
        });
    }
}

impl Course<'_> {
    /// Somebody picks up the phone within the hour, at any time of day.
    fn answered(&mut self) {
        let wait = SignedDuration::from_mins(self.chance.between(3, 40));
        self.now = self.now.saturating_add(wait).unwrap_or(self.now);
        self.steps.push(Step {
            at: self.now,
            part: Part::Requester,
            doing: Doing::ConcernHandedOver,
        });
        self.after(1.0, Part::SocialWork, Doing::ConcernTakenOver);
        self.after(8.0, Part::SocialWork, Doing::ConcernResult);
    }

    /// Whoever was not told with the decision is told by phone, most of the time; the family, too.
    fn tell(&mut self) {
        if self.chance.percent(60) {
            self.after(9.0, Part::TeamMember, Doing::Tell);
        }
        if self.chance.percent(70) {
            self.after(5.0, Part::TeamMember, Doing::TellFamily);
        }
    }
}

fn steps(sent_at: Timestamp, unborn: bool, scene: Option<Scene>, chance: &mut Chance) -> Vec<Step> {
    let first = Step {
        at: sent_at,
        part: Part::Requester,
        doing: Doing::Send,
    };
    let mut course = Course {
        now: sent_at,
        chance,
        steps: vec![first],
    };
    if course.chance.percent(3) {
        course.after(2.0, Part::Requester, Doing::Concern);
        course.answered();
        return course.steps;
    }
    if course.chance.percent(10) {
        course.after(20.0, Part::TeamMember, Doing::PassOn);
    }
    if course.chance.percent(70) {
        course.after(14.0, Part::TeamMember, Doing::Acknowledge);
    }
    if scene == Some(Scene::NurseryToPrimary) {
        course.after(30.0, Part::Requester, Doing::ChangeNamedPerson);
    }
    if scene == Some(Scene::NurseryToPrimary) || course.chance.percent(18) {
        course.after(30.0, Part::TeamMember, Doing::Ask);
        course.after(60.0, Part::Requester, Doing::Answer);
    }
    if course.chance.percent(9) {
        course.after(66.0, Part::TeamMember, Doing::ProposeNotAgreed);
        course.after(5.0, Part::Allocator, Doing::NotAgreed);
        course.tell();
        if !course.chance.percent(20) {
            return course.steps;
        }
        course.after(100.0, Part::Requester, Doing::LookAgain);
        course.after(60.0, Part::OtherMember, Doing::Agree);
    } else if course.chance.percent(2) {
        course.after(60.0, Part::TeamMember, Doing::AskGarf);
        course.after(200.0, Part::TeamMember, Doing::AgreeFromGarf);
    } else {
        course.after(70.0, Part::TeamMember, Doing::Agree);
    }
    help(&mut course, unborn);
    course.steps
}

fn help(course: &mut Course<'_>, unborn: bool) {
    course.tell();
    if course.chance.percent(8) {
        course.after(80.0, Part::TeamMember, Doing::HelpDeclined);
        return;
    }
    if course.chance.percent(22) {
        course.after(20.0, Part::Allocator, Doing::Wait);
        course.after(900.0, Part::Allocator, Doing::NameWorker);
    } else {
        course.after(60.0, Part::Allocator, Doing::NameWorker);
    }
    if unborn {
        course.after(300.0, Part::Worker, Doing::ChildBorn);
    }
    course.after(70.0, Part::Worker, Doing::SpokeWithFamily);
    course.after(150.0, Part::Worker, Doing::StartHelp);
    course.after(1_500.0, Part::Worker, Doing::Review);
    course.after(900.0, Part::Worker, Doing::End);
}
