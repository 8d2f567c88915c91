//! What to do on a desktop that shows no tray icons, in one sentence each.

/// The sentence for the desktop of this name, as in `XDG_CURRENT_DESKTOP`: several names, the best first.
pub(super) fn for_desktop(name: Option<&str>) -> &'static str {
    let names = name.unwrap_or_default().to_ascii_lowercase();
    names.split(':').find_map(known).unwrap_or(
        "add the tray of your panel (it may be called system tray, status notifier or notification area) to the panel.",
    )
}

fn known(name: &str) -> Option<&'static str> {
    Some(match name {
        "gnome" | "gnome-classic" | "ubuntu" | "pop" | "unity" => {
            "install the extension AppIndicator (package `gnome-shell-extension-appindicator`), log out and in, and \
             switch it on in Extensions."
        }
        "kde" => "add the widget System Tray to a panel.",
        "xfce" => "add the plugin Status Tray Plugin to the panel.",
        "lxqt" => "add the plugin Status Notifier to the panel.",
        "mate" => "add the applet Notification Area to the panel.",
        "x-cinnamon" | "cinnamon" => "add the applet XApp Status to the panel.",
        "budgie" => "add the applet System Tray to the panel.",
        "pantheon" => {
            "install an indicator for status notifiers (package `wingpanel-indicator-ayatana`)."
        }
        "sway" | "hyprland" | "river" | "niri" | "labwc" | "wayfire" | "wlroots" => {
            "run a bar with a tray, such as `waybar` with its module `tray`."
        }
        "i3" | "bspwm" | "awesome" | "dwm" | "openbox" | "icewm" => {
            "run `snixembed` beside a tray of the old kind, or a bar that knows status notifiers."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gnome_needs_an_extension_under_any_of_its_names() {
        for name in [
            "GNOME",
            "ubuntu:GNOME",
            "pop:GNOME",
            "GNOME-Classic:GNOME",
            "zorin:GNOME",
        ] {
            assert!(
                for_desktop(Some(name)).contains("gnome-shell-extension-appindicator"),
                "{name}"
            );
        }
    }

    #[test]
    fn an_unknown_desktop_gets_general_advice() {
        assert_eq!(for_desktop(None), for_desktop(Some("")));
        assert_eq!(for_desktop(None), for_desktop(Some("Frobnicator")));
        assert!(for_desktop(None).contains("panel"));
    }
}
