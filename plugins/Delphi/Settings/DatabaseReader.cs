using System.Globalization;
using Npgsql;

namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>Reads which database holds the comments: from the section <c>database</c>, and from the variables that the Delphi scripts read.</summary>
/// <remarks>Secrets come from the host's environment alone; the section may name the variables, and is refused if it holds a secret itself.</remarks>
internal static class DatabaseReader
{
    private const string NoSecret = "holds a secret, which must not stand here. Put it into the host's environment and remove the key; its variable is";

    private static readonly Dictionary<string, SslMode> SslModes = new(StringComparer.Ordinal)
    {
        ["disable"] = SslMode.Disable,
        ["allow"] = SslMode.Allow,
        ["prefer"] = SslMode.Prefer,
        ["require"] = SslMode.Require,
        ["verify-ca"] = SslMode.VerifyCA,
        ["verify-full"] = SslMode.VerifyFull,
    };

    public static DatabaseSettings Read(SettingsSection section, Func<string, string?> hostVariable)
    {
        var variables = new HostVariables(hostVariable);
        var host = section.Text("host");
        var port = (int)section.Whole("port", 1, 65535, otherwise: 0);
        var name = section.Text("name");
        var user = section.Text("user");
        var sslMode = section.Text("ssl_mode");
        var urlVariable = section.Text("url_variable") ?? "DATABASE_URL";
        var passwordVariable = section.Text("password_variable") ?? "DATABASE_PASSWORD";
        section.RefuseKey("url", $"{NoSecret} {urlVariable}.");
        section.RefuseKey("password", $"{NoSecret} {passwordVariable}.");
        section.RefuseOtherKeys();
        if (sslMode is not null && !SslModes.ContainsKey(sslMode))
        {
            section.Problem("ssl_mode", $"is '{sslMode}'; it must be one of {string.Join(", ", SslModes.Keys)}.");
            return DatabaseSettings.None;
        }

        if (host is null && variables.Find(urlVariable) is { } url)
        {
            return FromUrl(url, urlVariable);
        }

        if ((host ?? variables.Find("DATABASE_HOST")) is not { } server)
        {
            return DatabaseSettings.None;
        }

        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = server,
            Port = port > 0 ? port : variables.Port("DATABASE_PORT"),
            Database = name ?? variables.Required("DATABASE_NAME"),
            Username = user ?? variables.Required("DATABASE_USER"),
            Password = variables.Find(passwordVariable),
            SslMode = SslModes.GetValueOrDefault(sslMode ?? variables.OneOf("DATABASE_SSL_MODE", SslModes.Keys, otherwise: "require"), SslMode.Require),
        };
        return variables.Problem is { } problem ? DatabaseSettings.Wrong(problem) : At(builder);
    }

    private static DatabaseSettings FromUrl(string url, string variable)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Host.Length == 0 || address.AbsolutePath.Length < 2
            || address.Scheme.Split('+')[0] is not ("postgres" or "postgresql"))
        {
            return DatabaseSettings.Wrong($"{variable} is no address of the form postgres://user:password@host:port/name.");
        }

        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = address.IdnHost,
            Port = address.Port > 0 ? address.Port : NpgsqlConnection.DefaultPort,
            Database = Uri.UnescapeDataString(address.AbsolutePath[1..]),
        };
        if (address.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest])
        {
            builder.Username = Uri.UnescapeDataString(user);
            builder.Password = rest is [var password] ? Uri.UnescapeDataString(password) : null;
        }

        if (address.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)).LastOrDefault(pair => pair is ["sslmode", _]) is [_, var mode])
        {
            if (!SslModes.TryGetValue(mode, out var sslMode))
            {
                return DatabaseSettings.Wrong($"{variable} has an unknown sslmode; it must be one of {string.Join(", ", SslModes.Keys)}.");
            }

            builder.SslMode = sslMode;
        }

        return At(builder);
    }

    private static DatabaseSettings At(NpgsqlConnectionStringBuilder builder) => DatabaseSettings.At(
        string.Create(CultureInfo.InvariantCulture, $"{builder.Host}:{builder.Port}/{builder.Database}"), builder.ConnectionString);

    /// <summary>The host's variables, blank ones as if they were not set, and the first thing that is wrong with them.</summary>
    private sealed class HostVariables(Func<string, string?> hostVariable)
    {
        public string? Problem { get; private set; }

        public string? Find(string name) => hostVariable(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

        public string? Required(string name)
        {
            var text = Find(name);
            Problem ??= text is null ? $"{name} is not set, although a database's host is." : null;
            return text;
        }

        public int Port(string name)
        {
            if (Find(name) is not { } text)
            {
                return NpgsqlConnection.DefaultPort;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535)
            {
                return port;
            }

            Problem ??= $"{name} must be a whole number from 1 to 65535.";
            return NpgsqlConnection.DefaultPort;
        }

        public string OneOf(string name, IReadOnlyCollection<string> known, string otherwise)
        {
            var text = Find(name) ?? otherwise;
            Problem ??= known.Contains(text) ? null : $"{name} must be one of {string.Join(", ", known)}.";
            return text;
        }
    }
}
