//! Where programs take secrets among their arguments, as data.

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The next word.
    Next,
    /// Glued to the option.
    Glued,
    /// Glued to the option, or the next word.
    Either,
    /// After the first `:` of the option's value.
    AfterColon,
    /// After the first `%` of the option's value.
    AfterPercent,
    /// After the first `,` of the option's value.
    AfterComma,
    /// After the first `/` of an operand, up to an `@`.
    AfterSlash,
    /// The last operand, provided that there are at least so many.
    LastOperand(usize),
}

/// What programs of these names take.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) names: &'static [&'static str],
    /// A word without which the options mean something else; `""` when there is none.
    pub(super) only_with: &'static str,
    pub(super) options: &'static [(&'static str, Form)],
}

const fn program(names: &'static [&'static str], only_with: &'static str, options: &'static [(&'static str, Form)]) -> Program {
    Program { names, only_with, options }
}

use Form::{AfterColon, AfterComma, AfterPercent, AfterSlash, Either, Glued, LastOperand, Next};

pub(super) const PROGRAMS: &[Program] = &[
    program(
        &["mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlslap", "mysqlbinlog", "mysqlshow", "mysqlpump", "mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariabackup", "xtrabackup", "innobackupex", "mysql_upgrade", "mydumper", "myloader"],
        "",
        &[("-p", Glued)],
    ),
    program(&["mysqladmin", "mariadb-admin"], "password", &[("password", Next)]),
    program(&["mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "mongostat", "mongotop"], "", &[("-p", Either)]),
    program(&["cqlsh", "cypher-shell", "mycli", "mysqlsh", "litecli", "kafkacat", "rabbitmqadmin", "twine", "evil-winrm", "psexec", "winexe", "crackmapexec", "netexec", "nxc", "rdesktop", "arangosh", "ncftpget", "ncftpput", "keystone", "pgloader", "sqlplusw", "svn", "jira", "ipa-client-install", "vsql", "ysqlsh", "ycqlsh", "exaplus", "hdbsql", "beeline", "trino-cli"], "", &[("-p", Next)]),
    program(&["ipa-client-install", "beeline"], "", &[("-w", Next), ("-p", Next)]),
    program(&["sshpass"], "", &[("-p", Either)]),
    program(&["docker", "podman", "helm", "oc", "az", "cf", "buildah", "skopeo", "crane", "nerdctl", "oras", "regctl", "ctr", "argocd", "ibmcloud", "azcopy", "singularity", "apptainer", "rancher", "kubelogin", "finch", "kaniko"], "login", &[("-p", Either), ("-t", Next)]),
    program(&["az"], "service-principal", &[("-p", Next)]),
    program(&["skopeo", "buildah", "podman", "ctr", "nerdctl", "crictl"], "", &[("--creds", AfterColon), ("--src-creds", AfterColon), ("--dest-creds", AfterColon), ("--user", AfterColon), ("-u", AfterColon)]),
    program(&["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldappasswd", "ldapwhoami", "ldapcompare", "ldapmodrdn", "ldapexop"], "", &[("-w", Either), ("-s", Next)]),
    program(&["smbclient", "rpcclient", "smbget", "smbmap", "smbtree", "smbcacls", "smbcquotas", "wmic", "net", "nmblookup", "enum4linux"], "", &[("-U", AfterPercent), ("--user", AfterPercent), ("-p", Next)]),
    program(&["curl", "curlie", "http", "https", "httpie", "xh", "xhs", "wget", "wget2", "aria2c", "ab", "wrk", "hey", "lynx", "lftp", "elinks", "siege", "jenkins-cli", "java", "influx", "etcdctl", "consul", "nomad", "caddy", "hurl", "jfrog", "jf"], "",
        &[("-u", AfterColon), ("--user", AfterColon), ("--proxy-user", AfterColon), ("-U", AfterColon), ("-a", AfterColon), ("-A", AfterColon), ("-P", AfterColon), ("--auth", AfterColon), ("-auth", AfterColon), ("--cert", AfterColon), ("-E", AfterColon), ("--pass", Next), ("--proxy-pass", Next), ("--rpc-secret", Next), ("--http-passwd", Next), ("--ftp-passwd", Next), ("--oauth2-bearer", Next)]),
    program(&["http", "https", "xh", "xhs"], "bearer", &[("-a", Next), ("--auth", Next)]),
    program(&["xh", "xhs", "http", "https"], "", &[("--bearer", Next)]),
    program(&["lftp", "wput"], "", &[("-u", AfterComma)]),
    program(&["ftp", "ncftp", "tnftp"], "", &[("-u", AfterColon), ("-p", Next)]),
    program(&["openssl"], "", &[("-passin", Next), ("-passout", Next), ("-pass", Next), ("-password", Next), ("-passcerts", Next), ("-srppass", Next)]),
    program(&["openssl"], "enc", &[("-k", Next), ("-K", Next)]),
    program(&["openssl"], "-aes", &[("-k", Next), ("-K", Next)]),
    program(&["openssl"], "-hmac", &[("-hmac", Next)]),
    program(&["openssl"], "passwd", &[("passwd", LastOperand(2))]),
    program(&["openssl"], "psk", &[("-psk", Next)]),
    program(&["gpg", "gpg2"], "", &[("--passphrase", Next)]),
    program(&["redis-cli", "valkey-cli", "keydb-cli", "redis-benchmark", "iredis", "redli"], "", &[("-a", Next), ("--pass", Next), ("AUTH", LastOperand(2))]),
    program(&["sqlcmd", "bcp", "tsql", "isql", "osql", "mssql-cli", "sqlcmd-go", "usql", "fisql"], "", &[("-P", Either)]),
    program(&["sqlplus", "rman", "imp", "exp", "impdp", "expdp", "sqlldr", "sql", "tnsping"], "", &[("", AfterSlash)]),
    program(&["vault", "bao"], "login", &[("login", LastOperand(2))]),
    program(&["vault", "bao"], "unseal", &[("unseal", LastOperand(3))]),
    program(&["snyk"], "auth", &[("auth", LastOperand(2))]),
    program(&["ngrok"], "authtoken", &[("authtoken", Next), ("add-authtoken", Next)]),
    program(&["cargo"], "login", &[("login", LastOperand(2))]),
    program(&["doctl"], "", &[("-t", Next)]),
    program(&["vercel", "vc", "now", "railway", "fly", "flyctl", "sentry-cli"], "", &[("-t", Next), ("--auth-token", Next)]),
    program(&["netlify", "ntl"], "", &[("--auth", Next), ("-a", Next)]),
    program(&["dotnet", "nuget"], "push", &[("-k", Next), ("-ApiKey", Next), ("-apikey", Next)]),
    program(&["gh"], "secret", &[("-b", Next), ("--body", Next)]),
    program(&["zip", "zipcloak", "unzip", "zipinfo", "7zip", "fcrackzip"], "", &[("-P", Either), ("--password", Next)]),
    program(&["7z", "7za", "7zr", "7zz", "rar", "unrar", "arj", "atool"], "", &[("-p", Glued), ("-hp", Glued)]),
    program(&["pdftk"], "", &[("user_pw", Next), ("owner_pw", Next), ("input_pw", Next)]),
    program(&["pdftotext", "pdfinfo", "pdfimages", "pdftoppm", "pdftocairo", "pdfdetach", "pdffonts"], "", &[("-upw", Next), ("-opw", Next)]),
    program(&["qpdf"], "--encrypt", &[("--encrypt", Next)]),
    program(&["xfreerdp", "xfreerdp3", "wlfreerdp", "sdl-freerdp"], "", &[("/p:", Glued), ("/gp:", Glued), ("-p", Next)]),
    program(&["x11vnc", "vncpasswd"], "", &[("-passwd", Next)]),
    program(&["ssh-keygen"], "", &[("-N", Next), ("-P", Next)]),
    program(&["ipmitool", "ipmipower", "ipmi-sel"], "", &[("-P", Either), ("-p", Next)]),
    program(&["snmpget", "snmpwalk", "snmpset", "snmpbulkwalk", "snmpstatus"], "", &[("-A", Next), ("-X", Next)]),
    program(&["nmcli", "iwctl", "connmanctl"], "", &[("password", Next), ("wifi-sec.psk", Next), ("802-11-wireless-security.psk", Next), ("--passphrase", Next)]),
    program(&["wpa_passphrase"], "", &[("", LastOperand(2))]),
    program(&["wpa_cli"], "psk", &[("psk", Next)]),
    program(&["networksetup"], "-setairportnetwork", &[("", LastOperand(4))]),
    program(&["htpasswd"], "-b", &[("", LastOperand(2))]),
    program(&["htpasswd"], "b", &[("-nb", LastOperand(2)), ("-nbB", LastOperand(2)), ("-bn", LastOperand(2)), ("-bc", LastOperand(3)), ("-cb", LastOperand(3)), ("-Bbn", LastOperand(2)), ("-nbm", LastOperand(2)), ("-bB", LastOperand(3)), ("-cbB", LastOperand(3)), ("-Bbc", LastOperand(3)), ("-bcB", LastOperand(3)), ("-nbBC", LastOperand(2))]),
    program(&["mosquitto_passwd"], "-b", &[("", LastOperand(3))]),
    program(&["mosquitto_pub", "mosquitto_sub", "mosquitto_rr", "mqttx"], "", &[("-P", Next), ("--pw", Next)]),
    program(&["useradd", "usermod", "adduser", "newusers"], "", &[("-p", Next), ("--password", Next)]),
    program(&["mkpasswd", "grub-mkpasswd-pbkdf2", "caddy"], "", &[("--plaintext", Next), ("-p", Next)]),
    program(&["mkpasswd", "wg-quick", "cracklib-check", "pwscore"], "", &[("", LastOperand(1))]),
    program(&["rabbitmqctl"], "add_user", &[("add_user", LastOperand(3))]),
    program(&["rabbitmqctl"], "change_password", &[("change_password", LastOperand(3))]),
    program(&["neo4j-admin"], "set-initial-password", &[("set-initial-password", Next)]),
    program(&["rclone"], "obscure", &[("obscure", Next)]),
    program(&["bw", "rbw", "keepassxc-cli", "lpass"], "unlock", &[("unlock", LastOperand(2))]),
    program(&["bw"], "login", &[("login", LastOperand(3))]),
    program(&["plink", "pscp", "psftp", "putty", "kitty"], "", &[("-pw", Next)]),
    program(&["kadmin", "kadmin.local"], "", &[("-w", Next), ("-pw", Next)]),
    program(&["swaks", "sendemail", "mailx", "s-nail", "mutt"], "", &[("-ap", Next), ("-xp", Next), ("--auth-password", Next)]),
    program(&["security"], "", &[("-w", Next), ("-p", Next), ("-P", Next), ("-k", Next)]),
    program(&["keytool", "jarsigner", "apksigner", "signtool"], "", &[("-storepass", Next), ("-keypass", Next), ("-srcstorepass", Next), ("-deststorepass", Next), ("-srckeypass", Next), ("-destkeypass", Next), ("--ks-pass", Next), ("--key-pass", Next), ("/p", Next)]),
    program(&["samba-tool", "net", "dsadd", "dscl", "sysadminctl"], "user", &[("setpassword", LastOperand(3)), ("create", LastOperand(4)), ("add", LastOperand(4)), ("-password", Next), ("-newPassword", Next)]),
    program(&["dscl"], "-passwd", &[("", LastOperand(3))]),
    program(&["ansible", "ansible-playbook", "ansible-vault", "encrypt_string"], "encrypt_string", &[("encrypt_string", Next)]),
    program(&["nuget", "choco"], "sources", &[("-Password", Next), ("-p", Next)]),
    program(&["composer"], "config", &[("config", LastOperand(3))]),
    program(&["poetry"], "http-basic", &[("config", LastOperand(4))]),
    program(&["poetry"], "pypi-token", &[("config", LastOperand(3))]),
    program(&["tailscale"], "up", &[("--authkey", Next), ("--auth-key", Next)]),
    program(&["cloudflared"], "run", &[("--token", Next)]),
    program(&["pulumi"], "--secret", &[("set", LastOperand(4))]),
    program(&["ykman", "gnokii"], "", &[("-P", Next), ("-p", Next), ("--pin", Next)]),
    program(&["pkcs11-tool", "pkcs15-tool", "opensc-tool", "softhsm2-util"], "", &[("-p", Next), ("--pin", Next), ("--so-pin", Next)]),
    program(&["hydra", "medusa", "ncrack"], "", &[("-p", Next)]),
    program(&["steamcmd"], "+login", &[("+login", LastOperand(3))]),
    program(&["db2"], "using", &[("using", Next)]),
    program(&["cryptsetup", "veracrypt", "truecrypt"], "", &[("-p", Either), ("--password", Next)]),
    program(&["mount.cifs", "asadmin", "weblogic", "nsc"], "", &[("--passwordvalue", Next)]),
    program(&["expect", "send", "autoexpect"], "send", &[("send", Next)]),
];

/// Programs that read a secret from what is piped into them, and the word that says so; `""` when they always do.
pub(super) const READERS: &[(&str, &str)] = &[
    ("chpasswd", ""), ("passwd", "--stdin"), ("passwd", ""), ("sudo", "-S"), ("smbpasswd", ""), ("docker", "--password-stdin"), ("podman", "--password-stdin"), ("helm", "--password-stdin"), ("gh", "--with-token"),
    ("gh", "secret"), ("cryptsetup", ""), ("gpg", "--passphrase-fd"), ("gpg2", "--passphrase-fd"), ("kinit", ""), ("vault", "login"), ("openssl", "stdin"), ("htpasswd", "-i"), ("argocd", "--password-stdin"), ("su", ""),
    ("oras", "--password-stdin"), ("crane", "--password-stdin"), ("skopeo", "--password-stdin"), ("buildah", "--password-stdin"), ("nerdctl", "--password-stdin"), ("glab", "--stdin"), ("saslpasswd2", ""), ("pass", "insert"),
    ("secret-tool", "store"), ("vncpasswd", "-f"), ("ansible-vault", "encrypt_string"), ("systemd-creds", "encrypt"), ("keyctl", ""), ("gnome-keyring-daemon", "--unlock"), ("wrangler", "secret"), ("flyctl", "import"), ("cargo", "login"),
    ("ecryptfs-add-passphrase", ""), ("kubeseal", ""), ("lpass", ""), ("zfs", "load-key"), ("ssh-add", ""), ("wpa_passphrase", ""), ("mkpasswd", ""), ("doveadm", "pw"), ("doctl", "auth"), ("pwhash", ""), ("grub-mkpasswd-pbkdf2", ""),
];
