//! A recalled star moves the point on the audio thread; an open window sets X and Y to where it is, as a gesture, so
//! that the host shows and records it.

use betwixt_engine::params::Param;
use nice_plug::context::gui::GuiContext;

use super::App;
use crate::stars::{AXES, Seen};

/// What has been set of the recall that is followed.
#[derive(Debug, Default)]
pub(super) struct Follow {
    /// Its number, once it has begun.
    number: Option<u32>,
    axes: [Axis; 2],
    /// The player's own gestures.
    held: [bool; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Axis {
    /// Nothing was set yet.
    #[default]
    Fresh,
    /// A gesture is open; this was set last.
    Open(f32),
    /// It has come to the goal, or the player has taken it over.
    Done,
}

/// What is to be done about one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    Begin(usize),
    Set(usize, f32),
    End(usize),
}

impl Follow {
    /// What follows from how the recall stands and where the parameters are.
    pub(super) fn steps(&mut self, seen: Seen, base: [f32; 2], mut step: impl FnMut(Step)) {
        if self.number != Some(seen.number) {
            self.number = Some(seen.number);
            // A gesture that is open goes on.
            for axis in self.axes.iter_mut().filter(|axis| **axis == Axis::Done) {
                *axis = Axis::Fresh;
            }
        }
        for (i, axis) in self.axes.iter_mut().enumerate() {
            match (seen.now[i], seen.goal[i]) {
                (Some(now), Some(goal)) => {
                    if *axis == Axis::Fresh {
                        if now == base[i] && now != goal {
                            continue;
                        }
                        if goal == base[i] {
                            *axis = Axis::Done;
                            continue;
                        }
                        step(Step::Begin(i));
                        *axis = Axis::Open(f32::NAN);
                    }
                    if let Axis::Open(last) = axis
                        && *last != now
                    {
                        *last = now;
                        step(Step::Set(i, now));
                    }
                    if now == goal && matches!(axis, Axis::Open(_)) {
                        step(Step::End(i));
                        *axis = Axis::Done;
                    }
                }
                // The parameter has its axis back.
                _ if matches!(axis, Axis::Open(_)) => {
                    step(Step::End(i));
                    *axis = Axis::Done;
                }
                _ => {}
            }
        }
    }

    /// The player's own gesture begins or ends.
    pub(super) fn hold(&mut self, param: Param, held: bool) {
        if let Some(axis) = AXES.iter().position(|axis| *axis == param) {
            self.held[axis] = held;
        }
    }

    /// The player takes an axis over. True when its gesture is to be ended.
    pub(super) fn let_go(&mut self, axis: usize) -> bool {
        matches!(std::mem::replace(&mut self.axes[axis], Axis::Done), Axis::Open(_))
    }
}

impl App {
    /// Sets X and Y to where a recalled star has sent the point.
    pub(super) fn follow_star(&mut self, host: &GuiContext) {
        // What is in the player's hand goes nowhere else.
        for (axis, held) in self.follow.held.into_iter().enumerate() {
            if held && self.session.stars().seen().goal[axis].is_some() {
                self.let_go_of_star(AXES[axis], host);
            }
        }
        let base = AXES.map(|param| self.session.parameters.base(param));
        let mut steps = Vec::new();
        self.follow.steps(self.session.stars().seen(), base, |step| steps.push(step));
        for step in steps {
            match step {
                Step::Begin(axis) => self.begin(AXES[axis], host),
                Step::Set(axis, value) => {
                    self.session.stars().expect(axis, value);
                    self.set(AXES[axis], value, host);
                }
                Step::End(axis) => self.end(AXES[axis], host),
            }
        }
    }

    /// The player or a preset sets this parameter: a recalled star has it no longer.
    pub(super) fn let_go_of_star(&mut self, param: Param, host: &GuiContext) {
        if let Some(axis) = AXES.iter().position(|axis| *axis == param) {
            self.session.stars().free(axis);
            if self.follow.let_go(axis) {
                self.end(param, host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(follow: &mut Follow, number: u32, x: Option<(f32, f32)>, base: f32) -> Vec<Step> {
        let mut all = Vec::new();
        let seen = Seen { number, now: [x.map(|x| x.0), None], goal: [x.map(|x| x.1), None] };
        follow.steps(seen, [base, 0.5], |step| all.push(step));
        all
    }

    #[test]
    fn a_recall_is_one_gesture_that_ends_at_the_star() {
        let mut follow = Follow::default();
        assert_eq!(steps(&mut follow, 0, None, 0.5), []);
        assert_eq!(steps(&mut follow, 1, Some((0.5, 1.0)), 0.5), [], "it has not moved");
        assert_eq!(steps(&mut follow, 1, Some((0.6, 1.0)), 0.5), [Step::Begin(0), Step::Set(0, 0.6)]);
        assert_eq!(steps(&mut follow, 1, Some((0.6, 1.0)), 0.5), []);
        assert_eq!(steps(&mut follow, 1, Some((1.0, 1.0)), 0.6), [Step::Set(0, 1.0), Step::End(0)]);
        assert_eq!(steps(&mut follow, 1, Some((1.0, 1.0)), 0.6), [], "a host without an echo is told once");
        assert_eq!(steps(&mut follow, 1, None, 1.0), []);
        assert_eq!(
            steps(&mut follow, 2, Some((0.0, 0.0)), 1.0),
            [Step::Begin(0), Step::Set(0, 0.0), Step::End(0)],
            "at once"
        );
    }

    #[test]
    fn the_player_and_the_host_take_over_without_a_second_gesture() {
        let mut follow = Follow::default();
        steps(&mut follow, 1, Some((0.6, 1.0)), 0.5);
        assert!(follow.let_go(0));
        assert!(!follow.let_go(0));
        assert_eq!(steps(&mut follow, 1, Some((0.7, 1.0)), 0.5), [], "until the audio thread has heard of it");
        steps(&mut follow, 2, Some((0.6, 1.0)), 0.5);
        assert_eq!(steps(&mut follow, 2, None, 0.3), [Step::End(0)], "the host has set it");
    }

    #[test]
    fn a_star_on_the_way_to_another_goes_on_with_the_gesture() {
        let mut follow = Follow::default();
        steps(&mut follow, 1, Some((0.6, 1.0)), 0.5);
        assert_eq!(steps(&mut follow, 2, Some((0.6, 0.0)), 0.6), []);
        assert_eq!(steps(&mut follow, 2, Some((0.0, 0.0)), 0.6), [Step::Set(0, 0.0), Step::End(0)]);
    }
}
