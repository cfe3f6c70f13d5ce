using System.Text.RegularExpressions;
using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Results;

namespace DelphiRunner.Plugins.Delphi.Batches;

/// <summary>The provider's id of a batch, where a submission left it.</summary>
internal static partial class BatchId
{
    public const string Attribute = "batch_id";

    /// <summary>Finds the id in the command's result file, or else in its output, the last line that names one.</summary>
    public static string? Find(ProcessResult result, ResultFile file)
    {
        if (file.FindText(Attribute) is { } reported && WholePattern().IsMatch(reported))
        {
            return reported;
        }

        return LastMatch(result, LabelledPattern()) ?? LastMatch(result, BarePattern());
    }

    private static string? LastMatch(ProcessResult result, Regex pattern) => result.LastLines
        .Reverse()
        .Select(line => pattern.Match(line).Groups["id"].Value)
        .FirstOrDefault(id => id.Length > 0 && id is not "None" and not "null");

    [GeneratedRegex(@"^[0-9A-Za-z_-]{1,200}\z")]
    private static partial Regex WholePattern();

    [GeneratedRegex(@"\bBatch ID:\s*(?<id>[0-9A-Za-z_-]{1,200})", RegexOptions.IgnoreCase)]
    private static partial Regex LabelledPattern();

    [GeneratedRegex(@"\b(?<id>msgbatch_[0-9A-Za-z]{1,190})")]
    private static partial Regex BarePattern();
}
