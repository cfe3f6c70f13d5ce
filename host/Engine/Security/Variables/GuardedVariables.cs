using System.IO.Enumeration;

namespace DelphiRunner.Engine.Security.Variables;

/// <summary>The variables that a row sets only where the operator lists them by their exact names, since no prefix is meant to open them.</summary>
/// <remarks>They count in any case: Windows makes no difference, and many programs read <c>http_proxy</c> like <c>HTTP_PROXY</c>.</remarks>
internal static class GuardedVariables
{
    // What decides over the code that a command runs: loaders, interpreters, and the programs that other programs start.
    private static readonly string[] Code =
    [
        "LD_*", "DYLD_*", "GLIBC_TUNABLES", "GCONV_PATH", "PATH", "PATHEXT", "COMSPEC", "HOME", "XDG_*", "OPENSSL_*",
        "ENV", "BASH_ENV", "BASH_FUNC_*", "SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND", "PS4", "IFS", "ZDOTDIR", "PSMODULEPATH",
        "PYTHON*", "NODE_OPTIONS", "NODE_PATH", "NPM_CONFIG_*", "PERL5*", "PERLLIB", "RUBYLIB", "RUBYOPT", "GEM_*", "BUNDLE_*", "LUA_*",
        "R_HOME", "R_LIBS*", "R_PROFILE*", "R_ENVIRON*", "PHPRC", "PHP_INI_SCAN_DIR",
        "JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH",
        "DOTNET_*", "CORECLR_*", "COR_*", "COMPLUS_*", "ASPNETCORE_HOSTINGSTARTUP*",
        "GIT_*", "*_ASKPASS", "EDITOR", "VISUAL", "PAGER", "BROWSER", "SHELL",
    ];

    // Whom a command trusts, and by whom it speaks to others.
    private static readonly string[] Connections =
    [
        "*_PROXY", "SSL_CERT_*", "SSLKEYLOGFILE", "*_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_TLS_*",
    ];

    // With what a command says who it is, and where its data comes from and goes to.
    private static readonly string[] Data =
    [
        "*_API_KEY", "*_ACCESS_KEY", "*_TOKEN", "*_PASSWORD", "*_SECRET", "*_CREDENTIALS", "AWS_*",
        "*_ENDPOINT", "*_ENDPOINT_URL*", "*_BASE_URL", "*_API_BASE", "OLLAMA_HOST", "DATABASE_*", "PG*",
    ];

    // Which job it is.
    private static readonly string[] Identity = ["DELPHI_JOB_ID", "DELPHI_REPORT_ID"];

    private static readonly string[] All = [.. Code, .. Connections, .. Data, .. Identity];

    public static bool Contain(string name) => All.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true));
}
