//! Kills each operation before each of its steps, and checks the result every time.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use super::call::Call;
use super::operation::Operation;
use super::report::Tally;
use super::scene::Scene;
use super::trace::{self, Act};
use super::verdict::{Expected, faults};

/// The calls before which a program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stops {
    /// After each call that may have changed a file, since other calls make no visible difference.
    Steps,
    /// Before each call.
    Calls,
}

/// Kills the operation after its start, after its first step, its second, and so on until it survives; or only after
/// every `stride`th step.
pub fn everywhere(scene: &Scene, operation: &Operation, stops: Stops, stride: usize, tally: &mut Tally) {
    let expected = Expected::of(scene, operation);
    for n in (0..).step_by(stride) {
        operation.set(scene);
        let (command, input) = operation.command(scene);
        let mut stop = Stop { stops, left: n, data: scene.sandbox.data(), last: String::new() };
        let output = trace::run(command, input, |call| stop.before(call));
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
        let survived = output.status.signal().is_none();
        let found = faults(scene, operation, &expected, survived);
        let place = if survived { "not killed".to_owned() } else { format!("killed after {n} stops, {}", stop.last) };
        tally.tried(operation.name, !survived, &place, found);
        if survived {
            return;
        }
    }
}

/// Decides where the program is killed.
struct Stop {
    stops: Stops,
    /// How many more stops it survives.
    left: u32,
    data: PathBuf,
    /// The last call that was made and counted.
    last: String,
}

impl Stop {
    fn before(&mut self, call: &Call) -> Act {
        if self.left == 0 {
            return Act::Kill;
        }
        if self.stops == Stops::Calls || call.is_a_step_in(&self.data) {
            self.left -= 1;
            self.last = format!("after {:?} {:?}", call.kind(), call.path().unwrap_or_default());
        }
        Act::Go
    }
}
