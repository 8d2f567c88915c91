//! Mouth 2: the command line. One file a command; parsing here, figures from `app`, words from `view`.
