//! Owns the rules as these commands use them: ours and those of the user. What cannot be used is reported, and the exit
//! code says so at the end.

use cli::Context;
use rules::Rules;

pub fn rules(context: &Context) -> Rules {
    let (settings, errors) = audit::Settings::read(&context.config(), &context.store.home.config());
    errors.iter().for_each(cli::defer);
    settings.all_rules()
}
