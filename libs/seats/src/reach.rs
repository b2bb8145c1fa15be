//! Owns who may write to whom. Must stay true: the user may write to every agent; an agent to those of its project, to
//! its parent and to its children, unless the setting `agents.reach` says to all. This keeps honest agents apart; it is
//! no boundary between programs of one user. Pure.

use crate::caller::Caller;
use crate::seat::Seat;
use crate::settings::Reach;
use cs_core::error::{Error, Result};

/// Refuses a recipient that is out of reach. `project` is that of a conversation without a seat.
pub fn must_reach(caller: &Caller, project: Option<&str>, to: &Seat, reach: Reach) -> Result<()> {
    let is_near = match caller {
        Caller::Person => true,
        Caller::Seat(own) => own.is_child_of(&to.agent_id) || is_same(own.project_slug.as_deref(), to),
        Caller::Conversation(_) => is_same(project, to),
    };
    match is_near || caller.is_parent_of(to) || reach == Reach::All {
        true => Ok(()),
        false => Err(Error::Refused(format!("{} works in another project; it is not in your reach", to.title()))),
    }
}

fn is_same(project: Option<&str>, to: &Seat) -> bool {
    project.is_some() && project == to.project_slug.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::Parent;
    use crate::store::tests::seat;
    use cs_core::unknown::Unknown;

    #[test]
    fn agents_reach_their_project_parent_and_children_and_the_user_all() {
        let of = |id: &str, project: Option<&str>, parent: Option<&str>| {
            let parent =
                parent.map(|id| Parent { agent_id: Some(id.into()), claude_session_id: None, unknown: Unknown::new() });
            Seat { agent_id: id.into(), project_slug: project.map(str::to_string), parent, ..seat(id) }
        };
        let (api, shop) = (of("a", Some("api"), None), of("s", Some("shop"), Some("a")));
        let (other, none) = (of("o", Some("shop"), None), of("n", None, None));
        let may =
            |from: &Seat, to: &Seat, reach| must_reach(&Caller::Seat(Box::new(from.clone())), None, to, reach).is_ok();
        let in_project = |from, to| may(from, to, Reach::Project);
        assert!(in_project(&api, &shop) && in_project(&shop, &api) && in_project(&shop, &other));
        assert!(!in_project(&api, &other) && !in_project(&other, &api) && !in_project(&none, &none));
        assert!(may(&api, &other, Reach::All) && must_reach(&Caller::Person, None, &other, Reach::Project).is_ok());
        let conversation = Caller::Conversation("u".into());
        let reaches = |project| must_reach(&conversation, project, &api, Reach::Project).is_ok();
        assert!(reaches(Some("api")) && !reaches(Some("shop")) && !reaches(None));
    }
}
