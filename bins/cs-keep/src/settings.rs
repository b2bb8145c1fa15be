//! Owns reading the settings: what is wrong with them is reported, and the program ends with the code of that.

use cli::{Context, defer};
use cs_core::config::Config;
use kept::Settings;

/// The configuration, and the settings of keeping.
pub fn read(context: &Context) -> (Config, Settings) {
    let config = context.config();
    let (settings, errors) = Settings::read(&config, &context.store.home.config());
    errors.iter().for_each(defer);
    (config, settings)
}
