using System.Globalization;

namespace DelphiRunner.PythonPoller;

/// <summary>Times as Python's <c>isoformat()</c> prints them: without a fraction when there are no microseconds.</summary>
internal static class PythonTime
{
    /// <summary>As of <c>datetime.now(timezone.utc)</c>.</summary>
    public static string Aware(DateTimeOffset time) => $"{Naive(time)}+00:00";

    /// <summary>As of <c>datetime.now()</c> on a machine whose zone is UTC.</summary>
    public static string Naive(DateTimeOffset time)
    {
        var text = time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        return text.EndsWith(".000000", StringComparison.Ordinal) ? text[..^7] : text;
    }
}
